"""The documents we make: accessible, reproducible, and text is only ever text."""

import io
from datetime import datetime
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from common.dates import PARIS
from documents import letters
from documents.coverage import UNKNOWN, drawable, drawable_text
from tests.documents.samples import SAMPLES

HOSTILE = (
    '#eval("1") $x$ *gras* _ital_ \\u{41} #include "/etc/passwd" <label> @ref `code` "quotes" l\'eau // fin 😀 ميثاق'
)


def text_of(pdf: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def words(text: str) -> str:
    """Spaces are where the lines break: compared without them."""
    return "".join(text.replace("\u200b", "").split())


@pytest.mark.parametrize("template", SAMPLES)
def test_every_document_is_tagged_in_french_with_a_title(template: str) -> None:
    with pikepdf.open(io.BytesIO(letters.render(template, SAMPLES[template]))) as pdf:
        assert pdf.Root.MarkInfo.Marked is True or bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert str(pdf.Root.Lang).startswith("fr")
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"]
            assert (metadata["pdfuaid:part"], metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == (
                "1",
                "2",
                "A",
            )
        kinds = {str(thing.get("/S")) for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary)}
        assert "/H1" in kinds and "/P" in kinds


@pytest.mark.parametrize("template", SAMPLES)
def test_the_same_data_gives_the_same_bytes(template: str) -> None:
    assert letters.render(template, SAMPLES[template]) == letters.render(template, dict(SAMPLES[template]))


def test_another_day_is_another_document() -> None:
    data = SAMPLES["receipt"]
    later = {**data, "date": datetime(2026, 7, 11, 8, 0, tzinfo=PARIS)}
    assert letters.render("receipt", data) != letters.render("receipt", later)
    assert "Marseille, le 11 juillet 2026" in text_of(letters.render("receipt", later))


def test_an_award_says_the_amount_in_figures_and_in_words_the_reasons_and_the_remedies() -> None:
    text = text_of(letters.render("award_letter", SAMPLES["award_letter"]))
    for said in (
        "dix mille euros (10 000,00 €)",
        "54,7 % du coût retenu (18 275,00 €)",
        "Acompte : 7 000,00 €",
        "86,0 points sur 100",
        "tribunal administratif de Marseille",
        "Mireille Aubanel",
        "Vous aviez demandé 12 450,00 €",
        "Page 1 sur 1",
    ):
        assert words(said) in words(text), said


def test_a_receipt_says_what_was_received_and_what_silence_means() -> None:
    text = text_of(letters.render("receipt", SAMPLES["receipt"]))
    for said in (
        "26 mars 2026 à 18 h 04",
        "Réponse au plus tard le 25 mai 2026",
        "réputée refusée",
        "Service Cohésion sociale",
        "b41e07c9 55d2a0f3",
        "Devis formation agents d’accueil (version signée).pdf",
        "1,3 Mo",
    ):
        assert words(said) in words(text), said


def every_text(value: Any, put: str) -> Any:
    """The same data with `put` in the place of each text (not of the head's keys the page is cut with)."""
    if isinstance(value, str):
        return put
    if isinstance(value, list):
        return [every_text(inner, put) for inner in value]
    if isinstance(value, dict):
        return {key: inner if key == "sha256" else every_text(inner, put) for key, inner in value.items()}
    return value


@pytest.mark.parametrize("template", SAMPLES)
def test_a_hostile_text_is_shown_as_it_is(template: str) -> None:
    text = text_of(letters.render(template, every_text(SAMPLES[template], HOSTILE)))
    for piece in (
        '#eval("1")',
        "$x$",
        "*gras*",
        "_ital_",
        "\\u{41}",
        '#include"/etc/passwd"',
        "<label>",
        "`code`",
        "l'eau",
        "//fin",
    ):
        assert words(piece) in words(text), piece


@pytest.mark.parametrize(
    "put", ["x" * 10_000, "mot " * 2_500, "", "\u202e\u0000\u0007", "漢字 \U0010ffff \ue000", "a\n\n\n\nb\r\nc"]
)
def test_long_empty_and_strange_texts_still_give_a_document(put: str) -> None:
    data = SAMPLES["refusal_letter"] | {"reasons": put, "title": put[:3_000]}
    with pikepdf.open(io.BytesIO(letters.render("refusal_letter", data))) as pdf:
        assert 1 <= len(pdf.pages) <= 20


def test_a_letter_never_leaves_with_a_hole_nor_with_what_nobody_reads() -> None:
    data = dict(SAMPLES["award_letter"])
    with pytest.raises(TypeError, match="amont_cents"):
        letters.render("award_letter", {**data, "amont_cents": 1})
    del data["reasons"]
    with pytest.raises(KeyError, match="reasons"):
        letters.render("award_letter", data)


def test_what_no_font_draws_is_replaced_and_long_runs_may_break() -> None:
    assert {ord("é"), ord("œ"), ord("€"), 0x1F600, ord("م")} <= drawable()
    assert drawable_text("漢\u202e\u0000x") == f"{UNKNOWN}x"
    assert drawable_text("a" * 90).count("\u200b") == 2


def test_the_optional_parts_leave_no_trace() -> None:
    data = {key: value for key, value in SAMPLES["award_letter"].items() if key not in ("rate_bp", "eligible_cents")}
    assert "coût retenu" not in text_of(letters.render("award_letter", data))


@pytest.mark.parametrize(
    ("commune", "said"),
    [
        ("Aubagne", "commune d’Aubagne"),
        ("Le Tholonet", "commune du Tholonet"),
        ("Les Pennes-Mirabeau", "commune des Pennes-Mirabeau"),
        ("La Ciotat", "commune de La Ciotat"),
        ("Éguilles", "commune d’Éguilles"),
        ("Martigues", "commune de Martigues"),
    ],
)
def test_a_commune_is_named_as_people_name_it(commune: str, said: str) -> None:
    for template in ("receipt", "award_letter"):
        assert words(said) in words(text_of(letters.render(template, SAMPLES[template] | {"commune": commune})))
