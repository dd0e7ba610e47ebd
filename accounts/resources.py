"""How a line of the directory's file becomes a commune (django-import-export)."""

from typing import Any

from import_export import fields, resources, widgets
from stdnum import luhn

from accounts.models import Organisation
from accounts.states import OrganisationKind, PlanStatus
from common.search import sort_key


class PostalCodes(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        return str(value).split("|")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "|".join(value or [])


class OuiNon(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        return value == "oui"

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "oui" if value else "non"


def probable_siret(siren: str) -> str:
    """The SIRET that most town halls have (first establishment), to be checked against the official directory."""
    root = f"{siren}0001"
    return root + str(luhn.calc_check_digit(root))


class OrganisationResource(resources.ModelResource):
    """`derive_siret` fills an empty SIRET with a probable one, marked as not checked."""

    insee_code = fields.Field("insee_code", "code_insee")
    name = fields.Field("name", "nom")
    siren = fields.Field("siren", "siren")
    department = fields.Field("department", "departement")
    arrondissement = fields.Field("arrondissement", "arrondissement")
    postal_codes = fields.Field("postal_codes", "codes_postaux", widget=PostalCodes())
    population = fields.Field("population", "population_municipale", widget=widgets.IntegerWidget())
    population_total = fields.Field("population_total", "population_totale", widget=widgets.IntegerWidget())
    engaged_in_source_text = fields.Field("engaged_in_source_text", "engagee_texte_source", widget=OuiNon())
    latitude = fields.Field("latitude", "latitude", widget=widgets.DecimalWidget())
    longitude = fields.Field("longitude", "longitude", widget=widgets.DecimalWidget())

    class Meta:
        model = Organisation
        import_id_fields = ["insee_code"]
        fields = (
            "insee_code",
            "name",
            "siren",
            "department",
            "arrondissement",
            "postal_codes",
            "population",
            "population_total",
            "engaged_in_source_text",
            "latitude",
            "longitude",
        )
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        store_instance = True

    def __init__(self, *, derive_siret: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.derive_siret = derive_siret

    def get_queryset(self) -> Any:
        return Organisation.objects.communes()

    def import_instance(self, instance: Organisation, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.kind = OrganisationKind.COMMUNE
        instance.sort_name = sort_key(instance.name)
        if instance.pk is None:
            instance.plan_status = PlanStatus.ADOPTED if row["plan_local"] == "oui" else PlanStatus.NONE
        if self.derive_siret and not instance.siret:
            instance.siret, instance.siret_checked = probable_siret(instance.siren), False

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """The library would set the table's sequence again, which the application role may not do, nor needs to."""
