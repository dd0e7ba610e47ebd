"""What else there is around a file (messages, history, changes, report…): one line each, on the commune's page and on the desk's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.states import DESK_ROLES, Role
from applications import conversation, policies
from applications.models import Application, FinalReport, Renewal
from applications.models.messages import Author
from applications.services.appeals import contestable
from applications.services.questions import newer_questions
from applications.states import (
    REPORT_WITH_COMMUNE,
    AppealState,
    ApplicationState,
    DecisionKind,
    DecisionState,
    ReportState,
)
from common.dates import day, remaining
from common.money import euros
from common.typography import counted


@dataclass(frozen=True)
class Door:
    """A page of the file: its name, what waits there in words, and how many things are new."""

    label: str
    url: str
    hint: str = ""
    count: int = 0


def _history(application: Application, user: User) -> Door | None:
    return Door(
        "Historique du brouillon",
        reverse("application_history", args=[application.public_id]),
        "Qui a changé quoi ; reprendre un texte d’avant",
    )


CONTESTED = (
    ApplicationState.GRANTED,
    ApplicationState.WAITLISTED,
    ApplicationState.REJECTED,
    ApplicationState.INADMISSIBLE,
)
Builder = Callable[[Application, User], Door | None]


def _help_to_write(application: Application, user: User) -> Door | None:
    if application.state != ApplicationState.DRAFT or not policies.writes_for_its_commune(user, application):
        return None
    url, given = reverse("application_help", args=[application.public_id]), application.open_help
    if given is None:
        return Door("Écrire avec l’équipe du fonds", url, "Un instructeur peut écrire ce brouillon avec vous.")
    who = given.helper.get_full_name() if given.helper else "Votre demande d’aide est partie"
    return Door("L’équipe du fonds a la main", url, f"{who} : {given.reason}")


def _corrected_by_the_desk(application: Application, user: User) -> Door | None:
    if application.number is None or application.content_version == 1:
        return None
    made = application.staff_corrections.count()
    url = reverse("application_typos", args=[application.public_id])
    return Door("Corrections du service", url, f"{counted(made, 'faute corrigée,fautes corrigées')}") if made else None


def _begin_again(application: Application, user: User) -> Door | None:
    if application.state == ApplicationState.DRAFT or not policies.writes_for_its_commune(user, application):
        return None
    url = reverse("application_again", args=[application.public_id])
    return Door("Repartir de ce dossier", url, "Un nouveau brouillon, avec ce qui peut encore servir.")


def _comes_from(application: Application, user: User) -> Door | None:
    """The file this one goes on from, and what became of it, for the desk."""
    renewal = Renewal.objects.filter(application=application).select_related("origin__report").first()
    if renewal is None:
        return None
    origin = renewal.origin
    granted = origin.decisions.filter(kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED).first()
    words = [f"{euros(granted.amount_cents)} accordés" if granted else origin.get_state_display().lower()]
    report = getattr(origin, "report", None)
    words.append(f"bilan {report.get_state_display().lower()}" if report else "pas de bilan")
    return Door(f"Suite de {origin.number}", reverse("desk_file", args=[origin.public_id]), ", ".join(words))


def _newer_questions(application: Application, user: User) -> Door | None:
    if not policies.can_edit(user, application) or newer_questions(application) is None:
        return None
    url = reverse("application_change_questions", args=[application.public_id])
    return Door(
        "Les questions de l’appel ont changé", url, "Votre dossier garde les siennes, ou passe aux nouvelles.", 1
    )


def _messages_of_the_commune(application: Application, user: User) -> Door | None:
    url = reverse("application_messages", args=[application.public_id])
    unread = conversation.waiting(application, written_by=Author.DESK)
    if conversation.is_question(application):
        return Door("Poser une question au service", url, _new(unread, "Un avis avant d’envoyer le dossier."), unread)
    return Door("Échanges avec le service", url, _new(unread, "Écrire à la personne qui instruit le dossier."), unread)


def _messages_of_the_desk(application: Application, user: User) -> Door | None:
    if not user.has_role(*DESK_ROLES, Role.AUDITOR):
        return None
    unanswered = conversation.waiting(application, written_by=Author.COMMUNE)
    hint = f"{counted(unanswered, 'message')} sans réponse" if unanswered else ""
    return Door("Échanges avec la commune", reverse("desk_messages", args=[application.public_id]), hint, unanswered)


def _new(unread: int, otherwise: str) -> str:
    return f"{counted(unread, 'nouveau message,nouveaux messages')}" if unread else otherwise


AWARDED = (ApplicationState.GRANTED, ApplicationState.CLOSED, ApplicationState.LAPSED, ApplicationState.CANCELLED)


def _report_to_write(application: Application, user: User) -> Door | None:
    return _report(application, "report_home", ReportState.RETURNED)


def _report_to_read(application: Application, user: User) -> Door | None:
    return _report(application, "desk_report", ReportState.SUBMITTED)


def _report(application: Application, page: str, waits: str) -> Door | None:
    """There is a report once the commune was told of its award, never before."""
    report = FinalReport.objects.filter(application=application).first() if application.state in AWARDED else None
    if report is None:
        return None
    hint = report.get_state_display()
    if report.state in REPORT_WITH_COMMUNE:
        before = "" if report.state == ReportState.DUE else f"{hint}, "
        hint = f"{before}attendu le {day(report.due_on)} ({remaining(report.due_on)})".capitalize()
    return Door("Bilan de l’action", reverse(page, args=[application.public_id]), hint, int(report.state == waits))


def _change(application: Application, user: User) -> Door | None:
    """An awarded action may change: asked here, answered by the fund."""
    if application.state != ApplicationState.GRANTED:
        return None
    told = application.decisions.filter(kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED).exists()
    url = reverse("application_change", args=[application.public_id])
    return Door("Modifier l’action", url, "Reporter des dates, changer le contenu, baisser l’aide.") if told else None


def _change_to_answer(application: Application, user: User) -> Door | None:
    if application.state not in (ApplicationState.GRANTED, ApplicationState.CLOSED):
        return None
    change = application.changes.first()
    if change is None:
        return None
    url = reverse("desk_change", args=[application.public_id, change.pk])
    hint = f"{change.get_state_display()}, le {day(change.decided_at or change.asked_at)}"
    return Door("Modification de l’action", url, hint, int(change.is_open))


def _appeal(application: Application, user: User) -> Door | None:
    """A decision may be contested for two months; what was filed stays to be read."""
    if application.state not in CONTESTED and not application.appeals.exists():
        return None
    made, found = application.appeals.first(), contestable(application)
    if made is None and (found is None or found.last_day < timezone.localdate()):
        return None
    url = reverse("application_appeal", args=[application.public_id])
    if made is not None:
        return Door(
            "Recours gracieux", url, f"{made.get_state_display()}, le {day(made.answered_at or made.received_on)}"
        )
    return Door("Contester la décision", url, f"Recours gracieux, jusqu’au {day(found.last_day)}.") if found else None


def _appeal_at_desk(application: Application, user: User) -> Door | None:
    if application.state not in (*CONTESTED, ApplicationState.REVIEWED):
        return None
    made = application.appeals.first()
    url = reverse("desk_appeal", args=[application.public_id])
    if made is not None:
        hint = f"{made.get_state_display()}, le {day(made.answered_at or made.received_on)}"
        if made.state == AppealState.RECEIVED:
            hint = f"À répondre avant le {day(made.due_on)}"
        return Door("Recours gracieux", url, hint, int(made.state == AppealState.RECEIVED))
    if (
        application.state not in CONTESTED
        or not policies.can_instruct(user, application)
        or contestable(application) is None
    ):
        return None
    return Door("Recours gracieux", url, "Enregistrer un recours reçu par courrier.")


def _letters(application: Application, user: User) -> Door | None:
    if application.number is None:
        return None
    url = reverse("application_letters", args=[application.public_id])
    return Door("Courriers", url, "Ce que la métropole vous a écrit, avec la preuve de l’envoi.")


def _all_letters(application: Application, user: User) -> Door | None:
    if not user.has_role(*DESK_ROLES, Role.AUDITOR):
        return None
    return Door(
        "Courriers", reverse("desk_letters", args=[application.public_id]), "Envois, pièces jointes, ouvertures."
    )


# Each builder says nothing (None) where the page is not for this person or not yet for this file.
FOR_THE_COMMUNE: tuple[Builder, ...] = (
    _newer_questions,
    _change,
    _messages_of_the_commune,
    _help_to_write,
    _begin_again,
    _history,
    _report_to_write,
    _letters,
    _appeal,
    _corrected_by_the_desk,
)
FOR_THE_DESK: tuple[Builder, ...] = (
    _messages_of_the_desk,
    _comes_from,
    _change_to_answer,
    _appeal_at_desk,
    _report_to_read,
    _all_letters,
)


def for_the_commune(application: Application, user: User) -> list[Door]:
    return _doors(FOR_THE_COMMUNE, application, user)


def for_the_desk(application: Application, user: User) -> list[Door]:
    return _doors(FOR_THE_DESK, application, user)


def _doors(builders: Iterable[Builder], application: Application, user: User) -> list[Door]:
    return [door for door in (build(application, user) for build in builders) if door]
