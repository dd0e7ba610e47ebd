"""The periodic reports: figures, then a PDF, then one mail each, once a period."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.states import Role
from applications.states import ApplicationState
from common.actors import MACHINE
from common.dates import day, day_short
from common.hidden import Hidden, hidden_from
from common.money import euros_short
from common.typography import counted
from documents import inventory, letters
from documents.models import StoredFile
from documents.services import issue
from fund.models import Call
from fund.states import Theme
from journal import services as journal
from journal.models import Seal
from notifications.models import Message
from reports import figures as facts
from reports import invariants
from reports.notifications import FilesBroken, InvariantsBroken, SealMade, WeeklyReport, holders
from reviews.hidden import hidden_since

log = structlog.get_logger(__name__)
DUE_HOUR = 7  # Monday, Paris


def week_due(now: datetime) -> date:
    """The Monday whose report is due at `now`: the last Monday at 7 o'clock in Paris."""
    local = timezone.localtime(now)
    monday = local.date() - timedelta(days=local.weekday())
    if local.weekday() == 0 and local.hour < DUE_HOUR:
        monday -= timedelta(days=7)
    return monday


def send_weekly_report(now: datetime | None = None) -> bool:
    """Make and queue the report that is due, once: several workers or a second run send nothing more."""
    monday = week_due(now or timezone.now())
    week = f"{monday.isocalendar().year}-S{monday.isocalendar().week:02d}"
    calls = facts.live_calls()
    if not calls or Message.objects.filter(kind=WeeklyReport.kind, dedup_key__contains=f":{week}:").exists():
        return False
    made = [(people, *_made(calls, monday, without)) for without, people in _readers().items()]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"weekly_report:{week}"])
        if Message.objects.filter(kind=WeeklyReport.kind, dedup_key__contains=f":{week}:").exists():
            return False
        sent = False
        for people, figures, pdf in made:
            report = keep(pdf, name=f"Rapport hebdomadaire {week}.pdf")
            sent |= bool(WeeklyReport(week=week, figures=figures, report=report, people=people).queue())
        return sent


def _readers() -> dict[Hidden, list[User]]:
    """The managers, by what an interest hides from them: one report for all, another for whoever stepped aside."""
    readers: dict[Hidden, list[User]] = {}
    for user in holders(Role.FUND_MANAGER):
        readers.setdefault(hidden_from(user), []).append(user)
    return readers


def _made(calls: Sequence[Call], monday: date, without: Hidden) -> tuple[facts.Figures, bytes]:
    figures = facts.figures(calls, today=monday, since=monday - timedelta(days=7), without=without)
    return figures, letters.render("weekly_report", weekly_data(figures, monday=monday, without=without))


def periodic_reports(user: User) -> Q:
    """The reports a person of the staff reads: all; with an interest in a file, only those made for them since."""
    issued = Q(origin="issued", organisation__isnull=True)
    if not hidden_from(user):
        return issued
    mails = Message.objects.filter(kind=WeeklyReport.kind, recipient_id=user.pk).values_list("attachments", flat=True)
    paths = [one["path"] for attachments in mails for one in attachments]
    return issued & Q(path__in=paths, created_at__gt=hidden_since(user))


def keep(pdf: bytes, *, name: str) -> StoredFile:
    return issue(pdf, name=name, organisation=None, by=MACHINE)


def weekly_data(figures: facts.Figures, *, monday: date, without: Hidden = facts.NOTHING) -> dict[str, object]:
    """What the weekly report says (documents.letters, « weekly_report »)."""
    themes, states = dict(Theme.choices), dict(ApplicationState.choices)
    return {
        "head": letters.letterhead(figures.call.fund),
        "date": monday,
        "week_from": monday - timedelta(days=7),
        "week_to": monday - timedelta(days=1),
        "year": figures.year,
        "figures": [
            {
                "label": "Dossiers reçus",
                "value": str(figures.sent),
                "note": f"dont {figures.received_since} cette semaine",
            },
            {"label": "À décider", "value": str(figures.undecided), "note": f"{figures.due_soon} dus sous 14 jours"},
            {"label": "En retard", "value": str(figures.late), "note": "réponse due dépassée"},
            {
                "label": "Disponible",
                "value": euros_short(figures.balance["available"]),
                "note": f"sur {euros_short(figures.balance['voted'])} votés",
            },
        ],
        "envelope": {
            "voted_cents": figures.balance["voted"],
            "paid_cents": figures.balance["paid"],
            "committed_cents": figures.committed_cents,
            "proposed_cents": min(figures.proposed_cents, figures.balance["available"]),
            "available_cents": figures.balance["available"] - min(figures.proposed_cents, figures.balance["available"]),
        },
        "states": [
            {"label": states[state], "count": figures.states.get(state, 0)}
            for state in facts.SHOWN
            if figures.states.get(state)
        ],
        "tables": [
            {
                "title": "Les réponses dues en premier",
                "columns": ["Dossier", "Commune", "Action", "Réponse due le"],
                "rows": [
                    [a.number or "", a.organisation.name, a.title, day_short(a.due_on) if a.due_on else ""]
                    for a in facts.most_urgent(figures.calls, without=without)
                ],
            },
            {
                "title": "Par thème",
                "columns": ["Thème", "Dossiers", "Demandé"],
                "rows": [
                    [themes.get(row["theme"], row["theme"]), str(row["files"]), euros_short(row["cents"] or 0)]
                    for row in facts.by_theme(figures.calls, without=without)
                ],
                "numeric": [1, 2],
            },
        ],
        "notes": notes(figures),
    }


def notes(figures: facts.Figures) -> list[str]:
    """What to look at, in words; nothing when all is well."""
    said = []
    if figures.late:
        said.append(f"{counted(figures.late, 'dossier')} dont la réponse est en retard.")
    if figures.to_certify:
        said.append(f"{counted(figures.to_certify, 'versement')} à certifier (service fait).")
    if figures.to_approve:
        said.append(f"{counted(figures.to_approve, 'versement')} à approuver par les finances.")
    if figures.proposed_cents > figures.balance["available"]:
        said.append("Les montants proposés dépassent ce qui reste disponible : il faudra choisir.")
    return said


def seal_journal() -> Seal:
    """The night's seal, and the mail that takes it out of the machine."""
    with transaction.atomic():
        seal = journal.seal()
        SealMade(seal).queue()
    return seal


def check_every_invariant() -> list[str]:
    """Nightly: every invariant; what is broken is logged and mailed."""
    broken = [
        f"{invariant.code} ({invariant.sentence}) : {count}, {', '.join(places)}"
        for invariant, count, places in invariants.check()
        if count
    ]
    if broken:
        log.error("invariants_broken", broken=broken)
        with transaction.atomic():
            InvariantsBroken(day=day(timezone.localdate()), broken=broken).queue()
    return broken


def check_every_file() -> inventory.Inventory:
    """Nightly: every stored file is read again; what is missing or altered is mailed, what is useless is cleaned."""
    found = inventory.take()
    if not found.is_sound:
        broken = [f"fichier {pk} : absent du dépôt" for pk in found.missing]
        broken += [f"fichier {pk} : son contenu a changé" for pk in found.altered]
        with transaction.atomic():
            FilesBroken(day=day(timezone.localdate()), broken=broken).queue()
    return found
