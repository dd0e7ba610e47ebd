"""The components: what they say, what they escape, and what a screen reader gets."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from common import dates, typography
from common.money import MoneyField
from common.typography import NNBSP
from demo import catalogue

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


def show(source: str, **context: Any) -> str:
    return Template(source).render(
        Context({"request": RequestFactory().get("/file/", context.pop("query", {})), **context})
    )


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


# --- Words -----------------------------------------------------------------------------------


def test_french_spaces_are_put_once() -> None:
    once = typography.typo("Il reste « 12 000 € » : 60 % ? Oui ! à 17 h 30; l'avis")
    assert once == "Il reste «_12_000_€_»_: 60_%_? Oui_! à 17_h_30; l’avis".replace("_", NNBSP)
    assert typography.typo(once) == once
    assert typography.typo(":") == f"{NNBSP}:"
    assert typography.typo("% des annonces") == "% des annonces"
    assert typography.typo("au 04 91 00 00 00, le 04 12") == "au 04_91_00_00_00, le 04 12".replace("_", NNBSP)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "aucun dossier"), (1, "1 dossier"), (2, "2 dossiers"), (1234, f"1{NNBSP}234 dossiers")]
)
def test_counts_agree_in_french(count: int, shown: str) -> None:
    assert typography.counted(count, "dossier").replace("\u00a0", " ") == shown


def test_zero_is_singular() -> None:
    assert [typography.plural(n) for n in (0, 1, 2)] == ["", "", "s"]
    assert typography.plural(2, "al,aux") == "aux"


def test_identifiers_are_grouped_and_accounts_masked() -> None:
    assert typography.siret("21130005800017") == "211 300 058 00017".replace(" ", NNBSP)
    assert typography.siren("211 300 058") == "211 300 058".replace(" ", NNBSP)
    assert typography.iban_grouped("FR7630001007941234567890185").startswith(f"FR76{NNBSP}3000")
    masked = typography.iban_masked("FR76 3000 1007 9412 3456 7890 185")
    assert masked == f"FR76{NNBSP}••••{NNBSP}0185"
    assert "3000" not in masked


@pytest.mark.parametrize(
    ("size", "shown"),
    [(1, "1 octet"), (999, "999 octets"), (38_000, "38 Ko"), (1_258_291, "1,3 Mo"), (4_000_000, "4 Mo")],
)
def test_sizes_of_files(size: int, shown: str) -> None:
    assert typography.filesize(size) == shown.replace(" ", NNBSP)


# --- Dates -----------------------------------------------------------------------------------

CLOSING = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)


def plain(shown: str) -> str:
    return shown.replace(NNBSP, " ").replace("\u00a0", " ")


def test_days_and_hours_are_those_of_paris() -> None:
    assert plain(dates.moment(CLOSING)) == "27 mars 2026 à 17 h 00"
    assert plain(dates.moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))) == "2 juillet 2026 à 0 h 30"
    assert plain(dates.day(date(2026, 3, 1))) == "1er mars 2026"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        dates.hour(datetime(2026, 3, 27, 17, 0))


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 3, 12, 12, tzinfo=UTC), "il reste 15 jours"),
        (datetime(2026, 3, 26, 23, 30, tzinfo=UTC), "il reste 16 heures"),
        (datetime(2026, 3, 26, 20, tzinfo=UTC), "il reste 1 jour"),
        (datetime(2026, 3, 27, 12, 30, tzinfo=UTC), "il reste 3 heures"),
        (datetime(2026, 3, 27, 15, 59, 30, tzinfo=UTC), "il reste 1 minute"),
        (datetime(2026, 3, 27, 16, 0, 1, tzinfo=UTC), "délai dépassé aujourd’hui"),
        (datetime(2026, 3, 30, 12, tzinfo=UTC), "en retard de 3 jours"),
    ],
)
def test_what_is_left_before_a_deadline(now: datetime, shown: str) -> None:
    assert plain(dates.remaining(CLOSING, now=now)) == shown


def test_near_days_have_a_name() -> None:
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert plain(dates.relative(CLOSING, now=now)) == "aujourd’hui à 17 h 00"
    assert plain(dates.relative(datetime(2026, 3, 26, 9, tzinfo=UTC), now=now)) == "hier à 10 h 00"
    assert plain(dates.relative(datetime(2026, 3, 1, 9, tzinfo=UTC), now=now)) == "1er mars 2026 à 10 h 00"


# --- Components ------------------------------------------------------------------------------

SOURCES = [
    "{% page_header x lead=x kicker=x %}{% endpage_header %}",
    "{% turn x %}{% endturn %}",
    '{% notice "warn" title=x %}{% endnotice %}',
    "{% panel x %}{% endpanel %}",
    "{% side_section x note=x %}{% endside_section %}",
    "{% empty x %}{% endempty %}",
    "{% scroll x %}{% endscroll %}",
    "{% summary_row x edit=x %}{{ x }}{% endsummary_row %}",
    "{% bulk_bar x note=x clear_url=x %}{% endbulk_bar %}",
    "{% preflight x ready=x refused=items mails=2 mail_url=x %}{% endpreflight %}",
    "{% seal x hash=x %}{% endseal %}",
    "{% file_row x id=x hint=x state=x state_label=x error=x %}{% endfile_row %}",
    "{% form_page action=x %}{% endform_page %}",
    "{% confirm verb=x cancel=x consequences=pairs mails=1 mail_url=x action=x %}{% endconfirm %}",
    "{% tag x x %}{% icon x label=x %}{% person x x kind=x %}{% mail_note 2 url=x %}{% file_link x x kind=x %}",
    "{% breadcrumb x x x %}",
    "{% spine items label=x %}",
    "{% task_list groups %}",
    "{% facts items %}{% kv items %}{% checks items %}{% counters items %}",
    "{% timeline events %}",
    "{% filter_chips items %}",
    "{% pager previous_url=x next_url=x shown=x %}",
    "{% form_steps position=1 total=3 title=x previous_url=x next_url=x %}{% form_actions save=x back_url=x back=x %}",
    "<table>{% th x css=x %}{% th_sort x x css=x default=x %}</table>",
    "{% balance costs=10 parts=items costs_label=x %}{% envelope_bar voted=100 paid=10 title=x %}",
    "{% error_summary problems title=x %}",
]


@pytest.mark.parametrize("source", SOURCES)
def test_no_component_lets_markup_through(source: str) -> None:
    words = ("label", "value", "note", "sub", "state", "hint", "url", "reason", "link", "name", "title", "kind", "icon")
    item = dict.fromkeys((*words, "remedy_url", "remedy_label"), EVIL) | {"count": 3, "cents": 5, "key": "fund"}
    html = show(
        source,
        x=EVIL,
        items=[item],
        pairs=[(EVIL, EVIL), EVIL],
        groups=[{"title": EVIL, "tasks": [item]}],
        problems=[(EVIL, EVIL)],
        events=[{"when": CLOSING, "text": EVIL, "detail": EVIL, "url": EVIL, "link": EVIL}],
        query={"q": EVIL, "tri": EVIL},
    )
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r'\sstyle="', html)


def test_the_sprite_holds_every_icon_that_is_used() -> None:
    known = set(re.findall(r'id="([a-z]+)"', Path("static/img/icons.svg").read_text()))
    used = set()
    for path in Path("templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([a-z]+)"', path.read_text())) | set(
            re.findall(r'icon="([a-z]+)"', path.read_text())
        )
    assert used <= known


def test_a_task_list_counts_what_is_complete_and_numbers_across_parts() -> None:
    parts = [
        {"title": "Décrire", "tasks": [{"label": "A", "done": True}, {"label": "B"}]},
        {"title": "Chiffrer", "tasks": [{"label": "C"}]},
    ]
    html = show("{% task_list parts %}", parts=parts)
    assert "1 sur 2 complètes" in html
    assert "0 sur 1 complètes" in html
    assert re.findall(r'class="tn"[^>]*>(\d+)', html) == ["1", "2", "3"]


def test_an_envelope_is_said_in_words_and_never_leaves_its_frame() -> None:
    html = show("{% envelope_bar voted=1000 paid=400 committed=500 proposed=900 %}")
    assert "4,00 € payés".replace(" ", NNBSP, 1) in html
    ends = [
        float(x) + float(w)
        for x, w in re.findall(r'<rect class="f-(?:paid|com|pro)" x="([\d.]+)%" width="([\d.]+)%"', html)
    ]
    assert max(ends) <= 100


def test_sorting_is_a_link_that_keeps_the_filters_and_goes_back_to_the_first_page() -> None:
    html = show('{% th_sort "Délai" "delai" %}', query={"etat": "instruction", "tri": "delai", "apres": "42"})
    assert 'aria-sort="ascending"' in html
    assert 'href="?etat=instruction&amp;tri=-delai"' in html


def test_a_chip_takes_away_its_own_value_only() -> None:
    request = RequestFactory().get("/file/?theme=logement&theme=emploi&etat=x&apres=9")
    html = Template("{% filter_chips filters %}").render(
        Context({"request": request, "filters": [{"name": "theme", "value": "logement", "label": "Logement"}]})
    )
    assert 'href="?theme=emploi&amp;etat=x"' in html
    assert 'href="/file/"' in html


# --- Forms -----------------------------------------------------------------------------------


class Sheet(forms.Form):
    title = forms.CharField(label="Titre", help_text="Une phrase.", max_length=20)
    stakes = forms.CharField(label="Enjeu", max_length=30, widget=forms.Textarea, required=False)
    amount = MoneyField(label="Montant demandé")
    kind = forms.ChoiceField(label="Nature", choices=[("a", "Former"), ("b", "Soutenir")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Je certifie")


def test_a_field_ties_label_hint_and_error_together() -> None:
    html = show("{{ form.title.as_field_group }}", form=Sheet({"title": ""}))
    assert '<label class="f-label" for="id_title">Titre</label>' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    for identifier in ("id_title_helptext", "id_title_error"):
        assert html.count(f'id="{identifier}"') == 1
    assert "Il manque cette réponse." in html


def test_what_may_stay_empty_says_so() -> None:
    assert "(facultatif)" in show("{% field form.stakes %}", form=Sheet())
    assert "(facultatif)" not in show("{% field form.title %}", form=Sheet())


def test_a_long_text_is_never_cut_in_silence() -> None:
    html = show("{% field form.stakes %}", form=Sheet({"stakes": "x" * 31}))
    assert "maxlength" not in html
    assert 'data-count="30"' in html
    assert f"30 caractères au plus{NNBSP}; votre texte en a 31." in html


def test_choices_are_a_group_with_its_legend() -> None:
    html = show("{% field form.kind %}", form=Sheet({}))
    assert re.search(r'<fieldset id="id_kind" aria-describedby="id_kind_error">\s*<legend[^>]*>Nature', html)
    assert html.count('type="radio"') == 2


def test_an_amount_shows_its_unit_and_what_was_typed() -> None:
    html = show("{% field form.amount %}", form=Sheet({"amount": "12.000,50"}))
    assert 'inputmode="decimal"' in html
    assert 'value="12.000,50"' in html
    assert "un point et une virgule" in html
    assert '<span aria-hidden="true">€</span>' in html


def test_options_given_once_do_not_stay_on_the_field() -> None:
    form = Sheet()
    assert "visually-hidden" in show("{% field form.title hide_label=True %}", form=form)
    assert "visually-hidden" not in show("{% field form.title %}", form=form)


def test_the_error_summary_names_each_field_and_leads_to_it() -> None:
    html = show("{% error_summary form %}", form=Sheet({"amount": "abc"}))
    assert "Quatre points à corriger" in html
    assert f'<a href="#id_title">Titre{NNBSP}: il manque cette réponse.</a>' in html
    assert 'href="#id_kind_0"' in html
    assert show("{% error_summary form %}", form=Sheet()) == ""


def test_a_confirmation_states_its_figures_and_its_mails() -> None:
    html = show(
        '{% confirm verb="Engager 4 500 €" cancel="/retour/" consequences=rows mails=2 %}{% endconfirm %}',
        rows=[("Restera", "12 300 €"), "Sans retour."],
        csrf_token="jeton",
    )
    assert "Un courriel partira à 2 personnes" in text(html)
    assert html.count("<button") == 1
    assert 'value="jeton"' in html


# --- The catalogue ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_catalogue_shows_every_component() -> None:
    request = RequestFactory().get("/demo/composants/")
    html = render_to_string("components/catalogue.html", catalogue.context(), request)
    assert "Composants de l’interface" in html
    assert not re.search(r'\sstyle="|\son[a-z]+="', html)
    assert not re.search(r"https?://(?!www\.w3\.org)", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
