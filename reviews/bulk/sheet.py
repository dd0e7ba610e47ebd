"""Decisions of an imported sheet: the rules, the envelope and the words are those of the screen."""

from typing import Any

from accounts.states import Role
from applications import services
from applications.models import Application, Ground
from applications.services.decisions import check_amount, check_decidable
from applications.services.grounds import composed
from applications.states import DecisionKind
from common.errors import DomainError
from common.money import euros
from reviews.bulk.base import Asked, Kind, Ready, recorded, register
from reviews.decision_sheet import key_of_file
from reviews.forms_grounds import USE_OF

NOT_THERE = "Ce dossier n’est pas dans le tableau."


@register
class RecordSheet(Kind):
    code, verb, title = "tableur", "Enregistrer les décisions", "Décisions d’un tableau enregistrées"
    decides = True
    listed = False  # asked from the page of the sheet, never from the queue

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        """`asked` holds the lines by number and the reasons of the list by code (see `services.sheets`)."""
        line = asked.get("lines", {}).get(key_of_file(str(application.number)))
        if line is None:
            raise DomainError(NOT_THERE)
        kind = DecisionKind(line["kind"])
        check_decidable(application, kind, by=by)
        listed = [_ground(code, kind, asked["grounds"]) for code in line["codes"]]
        reasons, cents = composed(listed, line["reasons"]), line["cents"]
        if kind == DecisionKind.GRANT:
            if not cents:
                raise DomainError("Il manque le montant accordé.")
            check_amount(application, application.call, cents, reasons)
            if listed and cents == application.requested_cents:
                raise DomainError("Un motif de montant réduit ne sert que si le montant est inférieur à celui demandé.")
        elif cents:
            raise DomainError("Un montant ne va qu’avec un accord : enlevez-le, ou changez la décision.")
        if kind == DecisionKind.REJECT and not reasons:
            raise DomainError("Un refus est motivé : écrivez son motif, ou le code d’un motif de la liste.")
        words = f"accord de {euros(cents)}" if cents else kind.label.lower()
        seen = {
            "kind": kind.value,
            "cents": cents,
            "reasons": line["reasons"],
            "grounds": [one.pk for one in listed],
            "version": application.version,
        }
        return Ready(words=words, cents=cents, seen=seen)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        if not seen:
            raise DomainError(NOT_THERE)
        given = {"reasons": seen["reasons"], "grounds": seen["grounds"], "version": seen["version"]}
        return recorded(services.decide(pk, seen["kind"], amount_cents=seen["cents"] or 0, by=by, **given))


def _ground(code: str, kind: DecisionKind, known: dict[str, Ground]) -> Ground:
    ground = known.get(code.lower())
    if ground is None:
        raise DomainError(f"Aucun motif de la liste n’a le code « {code} ».")
    if ground.use != USE_OF[kind]:
        use = ground.get_use_display().lower()
        raise DomainError(f"Le motif {ground.code} sert pour « {use} », pas pour « {kind.label.lower()} ».")
    return ground
