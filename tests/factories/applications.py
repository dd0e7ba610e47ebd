"""Files of the tests, driven by the services as the commune would."""

from datetime import date, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import Organisation, User
from accounts.states import Role
from applications import reference, services
from applications.models import Application
from fund.models import Call
from tests.factories.accounts import a_commune, a_drafter, a_signatory
from tests.factories.fund import a_call_open

_number = count(1)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n168\n%%EOF\n"
)


def a_pdf(name: str = "") -> SimpleUploadedFile:
    number = next(_number)
    return SimpleUploadedFile(name or f"piece-{number}.pdf", PDF + f"% {number}\n".encode(), "application/pdf")


def a_scan(name: str = "") -> SimpleUploadedFile:
    """A picture of a page, never twice the same: checked at once, where a PDF costs a process of its own."""
    number, picture = next(_number), BytesIO()
    Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, number // 65536 % 256)).save(picture, "PNG")
    return SimpleUploadedFile(name or f"piece-{number}.png", picture.getvalue(), "image/png")


def a_line(side: str, account: str, cents: int, **fields: Any) -> dict[str, Any]:
    return {"side": side, "account": account, "amount_cents": cents, **fields}


def balanced_budget(requested: int = 400_000, subsidies: int = 100_000, own: int = 300_000) -> list[dict[str, Any]]:
    """A budget of 8 000 € by default: half asked of the fund."""
    total = requested + subsidies + own
    lines = [
        a_line("charge", "60", total // 4, label="Supports imprimés"),
        a_line("charge", "62", total - total // 4, label="Formatrice, six séances"),
        a_line("product", "74", requested, label="Fonds d’initiative", is_request=True),
        a_line("product", "autofinancement", own, label="Budget communal"),
    ]
    if subsidies:
        lines.insert(3, a_line("product", "74", subsidies, funder="État", status="acquired", label="Contrat de ville"))
    return lines


def sections(start: date | None = None) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What a commune writes in each section of a complete file: values and rows."""
    start = start or timezone.localdate() + timedelta(days=60)
    return {
        "chantier": (
            {
                "theme": "logement",
                "title": f"Accueillir sans trier, n° {next(_number)}",
                "action_type": "formation",
                "phase": "internal",
            },
            {},
        ),
        "enjeu": ({"stakes": "Un dossier sur cinq est écarté avant la visite.", "diagnostic": "Douze entretiens."}, {}),
        "reussite": (
            {"success": "quatre-vingts agents sont formés."},
            {"indicators": [{"label": "Agents formés", "unit": "agents", "baseline": "0", "target": "80"}]},
        ),
        "description": (
            {
                "description": "Six séances de deux heures.",
                "publics": ["agents"],
                "grounds": ["origine"],
                "domains": ["logement"],
                "starts_on": start,
                "ends_on": start + timedelta(days=240),
            },
            {"milestones": [{"label": "Première séance", "planned_on": start + timedelta(days=15)}]},
        ),
        "ressources": (
            {"resources": "Une formatrice, la salle du conseil."},
            {"partners": [{"name": "Déléguée du Défenseur des droits", "role": "Intervient", "confirmed": True}]},
        ),
        "gouvernance": ({"governance": "La directrice générale préside le comité de suivi."}, {}),
        "obstacles": ({"obstacles": "Peu de temps : séances courtes.", "open_questions": ""}, {}),
        "budget": ({}, {"budget_lines": balanced_budget()}),
        "engagements": ({"commitments": [code for code, _ in reference.COMMITMENTS]}, {}),
    }


def a_draft(
    call: Call | None = None, organisation: Organisation | None = None, *, by: User | None = None
) -> Application:
    """An empty draft; its drafter is `created_by`."""
    organisation = organisation or (Organisation.objects.get(pk=min(by.organisation_ids())) if by else a_commune())
    by = by or a_drafter(organisation)
    return services.create_draft((call or a_call_open()).pk, organisation.pk, by=by, key=uuid4())


def fill(application: Application, **changes: tuple[dict[str, Any], dict[str, Any]]) -> Application:
    """Write every section and join every required document; `changes` replaces whole sections."""
    by = application.created_by
    for slug, (values, rows) in {**sections(), **changes}.items():
        services.save_section(application.pk, slug, by=by, values=values, rows=rows)
    for document in application.call.documents.all():
        if document.required:
            services.attach_document(application.pk, by=by, code=document.code, upload=a_scan())
    return Application.objects.get(pk=application.pk)


def a_complete_draft(call: Call | None = None, organisation: Organisation | None = None, **changes: Any) -> Application:
    return fill(a_draft(call, organisation), **changes)


def signatory_of(application: Application) -> User:
    """The signatory of the file's commune; made when there is none."""
    found = User.objects.filter(memberships__organisation=application.organisation, memberships__role=Role.SIGNATORY)
    return found.first() or a_signatory(application.organisation)


def a_sent_application(
    call: Call | None = None, organisation: Organisation | None = None, **changes: Any
) -> Application:
    application = a_complete_draft(call, organisation, **changes)
    return services.submit(application.pk, by=signatory_of(application), version=application.version)
