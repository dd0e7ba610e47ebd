"""The communes: a wrong file is refused whole, a dry run writes nothing, a plan's state is kept by hand."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Organisation
from accounts.resources import probable_siret
from accounts.states import PlanStatus
from common.actors import MACHINE
from common.errors import NotAllowed, Stale
from common.history import mark
from journal.models import Entry
from tests.factories.accounts import (
    a_commune,
    a_drafter,
    a_fund_manager,
    an_administrator,
    an_auditor,
    an_evaluator,
    an_instructor,
)
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
FILE = Path("accounts/data/communes_amp.csv")
TEXT = FILE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()
AUBAGNE = next(line for line in LINES if ",Aubagne," in line)


def a_file(*lines: str) -> bytes:
    return "\n".join([LINES[0], *lines]).encode()


def test_the_92_communes_come_in_once() -> None:
    dry = services.import_communes(FILE.read_bytes(), by=MACHINE)
    assert (len(dry.created), dry.applied, Organisation.objects.count()) == (92, False, 0)
    report = services.import_communes(FILE.read_bytes(), by=MACHINE, apply=True)
    assert (len(report.created), Organisation.objects.count()) == (92, 92)
    again = services.import_communes(FILE.read_bytes(), by=MACHINE, apply=True)
    assert (again.created, again.changed, again.unchanged) == ([], [], 92)
    pennes = Organisation.objects.get(name="Les Pennes-Mirabeau")
    assert pennes.sort_name == "pennes mirabeau"
    assert Organisation.objects.filter(department="84").get().name == "Pertuis"
    assert not Organisation.objects.exclude(siret="").exists()


def test_a_proposed_siret_is_marked_to_be_checked() -> None:
    services.import_communes(a_file(AUBAGNE), by=MACHINE, apply=True, derive_siret=True)
    commune = Organisation.objects.get()
    assert commune.siret == probable_siret("211300058")
    assert commune.siret.startswith("2113000580001")
    assert not commune.siret_checked
    from stdnum.fr import siret

    assert siret.is_valid(commune.siret)


def test_a_changed_line_is_shown_then_written() -> None:
    services.import_communes(a_file(AUBAGNE), by=MACHINE, apply=True)
    grown = AUBAGNE.replace("47724", "48000")
    report = services.import_communes(a_file(grown), by=MACHINE)
    assert report.changed == [(2, "Aubagne", [("population_municipale", "47724", "48000")])]
    assert Organisation.objects.get().population == 47_724
    services.import_communes(a_file(grown), by=MACHINE, apply=True)
    assert Organisation.objects.get().population == 48_000


def test_a_later_file_does_not_touch_the_state_of_a_plan() -> None:
    services.import_communes(a_file(AUBAGNE), by=MACHINE, apply=True)
    Organisation.objects.update(plan_status=PlanStatus.IN_PREPARATION)
    services.import_communes(a_file(AUBAGNE.replace("47724", "1")), by=MACHINE, apply=True)
    assert Organisation.objects.get().plan_status == PlanStatus.IN_PREPARATION


WRONG = {
    "bad siren": (a_file(AUBAGNE.replace("211300058", "211300059")), "ligne 2, siren : « 211300059 » ne passe pas"),
    "short siren": (a_file(AUBAGNE.replace("211300058", "21130005")), "ligne 2, siren : « 21130005 » n’a pas neuf"),
    "insee twice": (
        a_file(AUBAGNE, LINES[1].replace("13001", "13005")),
        "ligne 3, code_insee : « 13005 » est déjà à la ligne 2",
    ),
    "siren twice": (
        a_file(AUBAGNE, LINES[1].replace("211300017", "211300058")),
        "ligne 3, siren : « 211300058 » est déjà",
    ),
    "latin-1": (TEXT.encode("latin-1"), "n’est pas en UTF-8"),
    "utf-16": (TEXT.encode("utf-16"), "caractère nul"),
    "missing column": (TEXT.replace(",siren,", ",siret,", 1).encode(), "ligne 1 : colonne absente : siren"),
    "column twice": ((LINES[0] + ",nom\n" + AUBAGNE + ",x").encode(), "colonne en double : nom"),
    "empty": (b"", "le fichier est vide"),
    "blank": (b" \n \n", "le fichier est vide"),
    "no line": ((LINES[0] + "\n").encode(), "aucune commune"),
    "not csv": (b"%PDF-1.7\n1 0 obj", "ce n’est pas un fichier de communes"),
    "zip": (b"PK\x03\x04\x00\x00", "caractère nul"),
    "nul": (a_file(AUBAGNE.replace("Aubagne", "Auba\x00gne")), "ligne 2 : caractère nul"),
    "semicolons": (TEXT.replace(",", ";").encode(), "points-virgules"),
    "ragged": (a_file(AUBAGNE + ",1"), "ligne 2 : 13 cellules, il en faut 12"),
    "no name": (a_file(AUBAGNE.replace("Aubagne", "")), "ligne 2, nom"),
    "population": (a_file(AUBAGNE.replace("47724", "47 724")), "ligne 2, population_municipale"),
    "plan": (a_file(AUBAGNE.replace("non,non", "peut-être,non")), "ligne 2, plan_local"),
    "latitude": (a_file(AUBAGNE.replace("43.2936", "NaN")), "ligne 2, latitude"),
    "postcode": (a_file(AUBAGNE.replace("13400", "1340")), "ligne 2, codes_postaux"),
    "unclosed quote": (a_file('13005,"Aubagne,211300058'), "ce n’est pas un CSV lisible"),
    "too big": (b"x" * 1_000_001, "1 Mo"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_whole(name: str) -> None:
    content, said = WRONG[name]
    a_commune("Déjà là")
    report = services.import_communes(content, by=MACHINE, apply=True)
    assert report.is_refused
    assert any(said in str(problem) for problem in report.problems), [str(problem) for problem in report.problems]
    assert [one.name for one in Organisation.objects.all()] == ["Déjà là"]


def test_one_wrong_line_among_ninety_two_refuses_all_and_every_reason_is_given() -> None:
    bad = TEXT.replace("211300017", "211300018").replace("211300025", "x")
    report = services.import_communes(bad.encode(), by=MACHINE, apply=True)
    assert [problem.line for problem in report.problems] == [2, 3]
    assert not Organisation.objects.exists()


def test_a_siren_of_another_commune_is_refused_by_the_base_and_said() -> None:
    a_commune("Autre", siren="211300058", insee_code="13999")
    report = services.import_communes(a_file(AUBAGNE), by=MACHINE, apply=True)
    assert report.is_refused
    assert report.problems[0].line == 2
    assert Organisation.objects.count() == 1


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_communes", str(FILE))
    assert "92 ajouts" in capsys.readouterr().out
    assert not Organisation.objects.exists()
    call_command("import_communes", str(FILE), "--apply")
    assert Organisation.objects.count() == 92
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(a_file(AUBAGNE.replace("211300058", "1")))
    with pytest.raises(CommandError, match="refusé en entier"):
        call_command("import_communes", str(wrong), "--apply")
    assert "ligne 2, siren" in capsys.readouterr().err
    with pytest.raises(CommandError):
        call_command("import_communes", str(tmp_path / "absent.csv"))


def test_only_the_administrator_and_the_manager_import() -> None:
    for person in (an_instructor(), an_auditor(), a_drafter()):
        with pytest.raises(NotAllowed):
            services.import_communes(FILE.read_bytes(), by=person)


def _upload(client: Client, content: bytes) -> str:
    file = SimpleUploadedFile("communes.csv", content, "text/csv")
    return client.post(reverse("commune_import"), {"file": file}).content.decode()


def test_the_page_tries_first_and_writes_after(client: Client) -> None:
    client.force_login(a_fund_manager())
    assert "92\u00a0communes ajoutées" in _upload(client, FILE.read_bytes())
    assert not Organisation.objects.exists()
    client.post(reverse("commune_import"), {"appliquer": "1"})
    assert Organisation.objects.count() == 92
    assert Entry.objects.filter(chain="directory", verb="import_communes").count() == 1
    client.post(reverse("commune_import"), {"appliquer": "1"})
    assert Entry.objects.filter(chain="directory").count() == 1, "the file is used once"


def test_the_page_shows_each_wrong_line(client: Client) -> None:
    client.force_login(an_administrator())
    page = _upload(client, WRONG["insee twice"][0])
    assert "Fichier refusé en entier" in page
    assert "est déjà à la ligne 2" in page
    client.post(reverse("commune_import"), {"appliquer": "1"})
    assert not Organisation.objects.exists()


def test_the_plan_is_dated_justified_and_its_past_is_kept(client: Client) -> None:
    commune = a_commune("Aubagne")
    client.force_login(an_instructor())
    url = reverse("commune_plan", args=[commune.siren])
    seen = mark(commune)
    refused = client.post(url, {"plan_status": "adopted", "seen": seen}).content.decode()
    assert "Il manque la date d’adoption" in refused
    full = {"plan_status": "adopted", "plan_adopted_on": "2026-02-03", "plan_reference": "2026-014", "seen": seen}
    assert client.post(url, full).status_code == 302
    assert Organisation.objects.get(pk=commune.pk).has_plan
    assert [e.plan_status for e in commune.events.order_by("pgh_id")] == ["none", "adopted"]  # type: ignore[attr-defined]
    with pytest.raises(Stale):
        services.save_plan(
            commune.pk, plan_status="none", plan_adopted_on=None, plan_reference="", seen=seen, by=an_instructor()
        )
    page = client.get(reverse("commune_detail", args=[commune.siren])).content.decode()
    assert "2026-014" in page
    assert "Plan local modifié" in page


def test_who_sees_the_directory(client: Client) -> None:
    commune = a_commune()
    for person, status in (
        (an_auditor(), 200),
        (an_administrator(), 200),
        (an_evaluator(), 404),
        (a_drafter(commune), 404),
    ):
        client.force_login(person)
        assert client.get(reverse("commune_list")).status_code == status
        assert client.get(reverse("commune_detail", args=[commune.siren])).status_code == status
    client.force_login(an_auditor())
    for name in ("commune_plan", "commune_contacts"):
        assert client.get(reverse(name, args=[commune.siren])).status_code == 404


def test_a_siret_is_that_of_the_commune(client: Client) -> None:
    commune = a_commune()
    client.force_login(a_fund_manager())
    url, data = reverse("commune_contacts", args=[commune.siren]), {"seen": mark(commune)}
    assert "pas celui de la commune" in client.post(url, data | {"siret": "200 054 807 00017"}).content.decode()
    right = probable_siret(commune.siren)
    assert client.post(url, data | {"siret": f"{right[:9]} {right[9:]}", "siret_checked": "on"}).status_code == 302
    assert Organisation.objects.get().siret == right


def test_the_list_costs_the_same_for_1_and_30(client: Client) -> None:
    a_commune()
    client.force_login(an_auditor())
    client.get(reverse("commune_list"))
    with Counted() as one:
        client.get(reverse("commune_list"))
    for _ in range(29):
        a_commune()
    with Counted() as many:
        client.get(reverse("commune_list"))
    assert many.count == one.count
