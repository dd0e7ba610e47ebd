"""The documents the fund makes: data in, one accessible PDF out (PDF/UA-1 and PDF/A-2a), the same bytes for the same data.

    pdf = letters.render("award_letter", {"head": letters.letterhead(fund, contact=user), "number": "FI-2026-0042", …})
    file = documents.services.issue(pdf, name="…", organisation=…, by=…)

Nothing of a user is ever compiled: the data travels as JSON, Typst shows it as text. Values may be text, whole
numbers, dates (« 22 novembre 2026 »), datetimes (« 22 novembre 2026 à 17 h 30 », Paris), lists and dictionaries of them.
A key that ends in `_cents` (int) is shown in figures and in words where the document wants both; one in `_bp` is a
rate (6250: « 62,5 % »). `None` and missing optional keys leave their line out. A missing required key is a KeyError, an
unknown one a TypeError: a letter never leaves with a hole. Texts of several paragraphs are cut at blank lines.

Every document
| key | |
|---|---|
| head | `letterhead(fund, contact=…)`: authority, fund, service, address, place, court, contact_name, contact_email, contact_phone |
| number | public number of the file, « FI-2026-0042 » |
| date | date or datetime of the document; also the time stamped in the PDF |
| recipient? | address block, one text per line: ["Monsieur le Maire", "Hôtel de ville", "13400 Aubagne"] |
| salutation? | « Monsieur le Maire »; « Madame, Monsieur » when absent |
| commune, title | name of the commune, title of the action (all but weekly_report) |

receipt (accusé de réception; no recipient block is needed)
| call_title | title of the call |
| submitted_at | datetime |
| submitted_by | « Hélène Roustan, maire » |
| requested_cents, eligible_cents?, total_cents? | |
| documents | [{label, name, size (bytes), sha256}]; may be empty |
| fingerprint | SHA-256 of the snapshot |
| answer_by | date at which silence means refusal |
| helped? | who of the fund's team wrote in the commune's name, and why |
| next_steps? | [text]; usual steps when absent |

award_letter
| year | year of the call |
| act_number, act_date | |
| amount_cents, requested_cents | |
| eligible_cents?, rate_bp? | « soit 54,7 % du coût retenu (18 275,00 €) » |
| instalments | [{label, amount_cents, when?}] |
| reasons | text; why this amount |
| body | blocks of the fund's own text (`applications.letter_texts.filled`) |
| draft? | says across the page that it is a preview |
| report_due_on? | date, for the fields of the text |
| signatory | {name, capacity} |
| signed_at | datetime |
| fingerprint? | SHA-256 shown at the foot |

refusal_letter: year, act_number, act_date, requested_cents, reasons, body, signatory, signed_at, draft?, fingerprint?
waitlist_letter: the same, and rank? (int)
award_act_letter: year, act_number, act_date, award_number (act of the award), what (a sentence), reasons, signatory, signed_at, fingerprint?
inadmissibility_letter: year, requested_cents?, reasons, body, signatory {name, capacity}, draft?
adjournment_letter: the same

appeal_letter: year, contested (« la décision de refus… »), received_on, outcome (accepted or rejected), reasons, body, signatory, requested_cents?, draft?

convention: year, authority, act_number, signed_on (date of the act), amount_cents, requested_cents, instalments, report_on, body, signatory, rate_bp?, draft?

change_letter: year, asked_at, outcome (accepted or refused), items [{label, after, before?}], amount_cents? and award_cents? (what the
award becomes, what it was), reasons?, signatory, signed_at, act_number?, act_date?

piece_request
| items | [text or {label, note?}] |
| reason | text |
| due_on | date |
| year, body, draft? | the fund's own text |
| signatory | {name, capacity} of who asks |

report (bilan; no recipient block is needed)
| submitted_at | datetime |
| certified_by | « Hélène Roustan, maire » |
| spent_cents, granted_cents, aid_cents, aid_reason | what was justified, the award, what is due and why |
| texts | [{title, text}] |
| measures | [{label, target, done, gap}] |
| charges, products | [{label, planned, done, gap}], amounts already written |
| totals | [{label, planned, done}] |
| note? | text that explains the gaps |
| documents | [{label, name, size (bytes), sha256}] |
| photos | [caption] |

payment_list (état d’un lot scellé; no commune, no title): number is that of the batch
| prepared_by, sealed_by | names |
| sealed_at | datetime |
| lines | [{position, file, name, siret, account, act, kind, amount_cents}] |
| total_cents | |
| fingerprint | SHA-256 of the sealed content |

statement (décompte d’un versement; no recipient block)
| act_number, act_date | the decision |
| granted_cents | the award in force |
| lines | [{label, amount}]: the calculation of the balance, amounts already written; empty before the report |
| paid | [{label, amount}]: each sum already paid |
| gone_cents, amount_cents, left_cents, recover_cents | paid before, this payment, left afterwards, paid too much |

interest_register (registre des déclarations et des déports; no number, commune, title)
| call_title, year | |
| declarations | [{person, at, words: [text], communes: [text]}] |
| recusals | [{person, at, file, commune, reason, note}] |

minutes (procès-verbal d’une séance; number is absent, title is that of the session; no commune)
| call_title, held_at, place | |
| quorum | a sentence |
| present, excused | [text] |
| files | [{number, commune, title, asked, answer, lines: [text]}]: amounts already written |
| out | [text]: files of the call that were not on the agenda |
| totals | [{label, amount}], amounts already written |
| fingerprint | SHA-256 of the frozen session |

weekly_report (no number, commune, title)
| week_from, week_to | dates |
| year | |
| figures | [{label, value, note?}]: 3 to 6 key figures, values already written |
| envelope | {voted_cents, paid_cents, committed_cents, proposed_cents, available_cents} |
| states | [{label, count}]: files by state, in order; drawn as bars and given as a table |
| tables? | [{title, columns: [text], rows: [[text]], numeric?: [column numbers]}] |
| notes? | [text]: what to look at |
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

from common.dates import PARIS, day, hour, moment
from common.money import euros, euros_in_words, percent
from common.typography import filesize
from documents.coverage import FONTS, drawable_text

TEMPLATES = Path(__file__).with_name("typst")
_COMMON = "head date"
_FILE = f"{_COMMON} number commune title"
_BLOCK = "recipient salutation"
_ACT = "year act_number act_date requested_cents reasons signatory signed_at"


@dataclass(frozen=True)
class Shape:
    """The keys of a template."""

    required: frozenset[str]
    optional: frozenset[str]

    @classmethod
    def of(cls, required: str, optional: str = "") -> "Shape":
        return cls(frozenset(required.split()), frozenset(optional.split()))


_ACT_OF_AWARD = "year act_number act_date award_number what reasons signatory signed_at"
SHAPES = {
    "receipt": Shape.of(
        f"{_FILE} call_title submitted_at submitted_by requested_cents documents fingerprint answer_by",
        f"{_BLOCK} eligible_cents total_cents next_steps helped",
    ),
    "award_letter": Shape.of(
        f"{_FILE} {_ACT} amount_cents instalments body",
        f"{_BLOCK} eligible_cents rate_bp report_due_on fingerprint draft",
    ),
    "refusal_letter": Shape.of(f"{_FILE} {_ACT} body", f"{_BLOCK} fingerprint draft"),
    "waitlist_letter": Shape.of(f"{_FILE} {_ACT} body", f"{_BLOCK} fingerprint rank draft"),
    "inadmissibility_letter": Shape.of(f"{_FILE} year reasons signatory body", f"{_BLOCK} requested_cents draft"),
    "adjournment_letter": Shape.of(f"{_FILE} year reasons signatory body", f"{_BLOCK} requested_cents draft"),
    "appeal_letter": Shape.of(
        f"{_FILE} year contested received_on outcome reasons signatory body", f"{_BLOCK} requested_cents draft"
    ),
    "convention": Shape.of(
        f"{_FILE} year authority act_number signed_on amount_cents requested_cents instalments report_on signatory body",
        f"{_BLOCK} rate_bp draft",
    ),
    "change_letter": Shape.of(
        f"{_FILE} year asked_at outcome items signatory signed_at",
        f"{_BLOCK} reasons act_number act_date amount_cents award_cents",
    ),
    "piece_request": Shape.of(f"{_FILE} year items reason due_on signatory body", f"{_BLOCK} draft"),
    "report": Shape.of(
        f"{_FILE} submitted_at certified_by spent_cents granted_cents aid_cents aid_reason texts measures charges products"
        " totals documents photos",
        f"{_BLOCK} note",
    ),
    "payment_list": Shape.of(f"{_COMMON} number prepared_by sealed_by sealed_at lines total_cents fingerprint"),
    "interest_register": Shape.of(f"{_COMMON} call_title year declarations recusals"),
    "award_act_letter": Shape.of(f"{_FILE} {_ACT_OF_AWARD}", f"{_BLOCK} fingerprint"),
    "statement": Shape.of(
        f"{_FILE} act_number act_date granted_cents lines paid gone_cents amount_cents recover_cents left_cents"
    ),
    "minutes": Shape.of(
        f"{_COMMON} title call_title held_at place quorum present excused files out totals fingerprint"
    ),
    "weekly_report": Shape.of(f"{_COMMON} week_from week_to year figures envelope states", "tables notes"),
}


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template of documents/typst/ (see the tables above)."""
    shape = SHAPES[template]
    given = {key for key, value in data.items() if value is not None}
    if missing := shape.required - given:
        raise KeyError(f"{template}: {', '.join(sorted(missing))}")
    if unknown := given - shape.required - shape.optional:
        raise TypeError(f"{template} knows no {', '.join(sorted(unknown))}")
    made: bytes = typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(_written(data), ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=_timestamp(data["date"]),
    )
    return made


def letterhead(fund: Any, *, contact: Any = None) -> dict[str, str]:
    """The `head` of a document: the authority's own names and addresses, and the person who follows the file (a user)."""
    first, _, rest = fund.authority_name.partition(" ")
    short = first.lower() in ("métropole", "communauté", "ville") and rest
    postal = re.search(r"\b\d{5}\s+(\D[^,\n]*)", fund.address)
    return {
        "authority": fund.authority_name,
        "authority_first": first if short else fund.authority_name,
        "authority_rest": rest if short else "",
        "fund": fund.name,
        "service": fund.service_name,
        "address": " ".join(fund.address.split()),
        "place": re.sub(r"\s+\d+$", "", postal[1].strip()) if postal else "",
        "court": fund.court or "tribunal administratif compétent",
        "contact_name": contact.get_full_name() if contact else "",
        "contact_email": fund.contact_email,
        "contact_phone": (getattr(contact, "phone", "") if contact else "") or fund.contact_phone,
    }


@cache
def _fonts() -> "typst.Fonts":
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _timestamp(value: date) -> int:
    if isinstance(value, datetime):
        return int(value.timestamp())
    return int(datetime.combine(value, time(12), UTC).timestamp())


def _written(value: Any) -> Any:
    """Every value as it is read: amounts, rates, dates and sizes in French, text made of what can be drawn."""
    if isinstance(value, Mapping):
        done: dict[str, Any] = {}
        for key, inner in value.items():
            done |= _entry(key, inner)
        return done
    if isinstance(value, (list, tuple)):
        return [_written(inner) for inner in value]
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, date):
        return drawable_text(moment(value))
    return drawable_text(str(value)).strip()


def _entry(key: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if key == "run":  # a piece of a line keeps the spaces around it
        return {key: drawable_text(value)}
    if key.endswith("_cents"):
        name = key.removesuffix("_cents")
        return {name: drawable_text(euros(value)), f"{name}_words": euros_in_words(value), f"{name}_number": value}
    if key.endswith("_bp"):
        return {key.removesuffix("_bp"): drawable_text(percent(value))}
    if key == "size" and isinstance(value, int):
        return {key: drawable_text(filesize(value))}
    if isinstance(value, datetime):
        shown = {key: moment(value), f"{key}_day": day(value.astimezone(PARIS)), f"{key}_hour": hour(value)}
        return {name: drawable_text(words) for name, words in shown.items()}
    return {key: _written(value)}
