"""The counter of the page and the server count the same words, character by character."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from common.words import WORDS, count_words

SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "ui.js"
HARD = (
    "",
    " \n\t ",
    "Oui !",
    "Oui\u202f! Non\u00a0?",
    "L’action, l'accueil et l‘écoute",
    "«\u202fAccueillir\u202f» : c’est-à-dire « recevoir »",
    "un\u200bdeux\ufefftrois",
    "👩‍👧 et 🙂 sourient",
    "🙂🙂 🙂",
    "Voir https://exemple.fr/page?x=1&y=2#ici ou mairie@exemple.fr",
    "- premier\n- deuxième\n* troisième\n\n1. quatrième",
    "• un • deux — trois – quatre",
    "Été, naïveté, cœur, Ça, e\u0301te\u0301",
    "12\u202f000 € et 62,5 % ; 3+4=7",
    "fin de ligne\r\nsuite\u2028autre\u2029dernier\vencore\fpuis\x1cici",
    "(entre) [crochets] {accolades} /barres/",
    "日本語 и русский العربية ٣٤",
    "..... !!! ... — – •",
    "a\u0085b",
    "mot\u2009fin\u2003large\u3000idéographique",
)


@pytest.mark.parametrize("limit", [1, 200])
def test_the_counter_of_the_page_counts_as_the_server(browser: Browser, limit: int) -> None:
    page = browser.new_page()
    pattern = WORDS.replace("&", "&amp;").replace('"', "&quot;")
    body = (
        f'<body><p id="note" data-count-for="texte"></p>'
        f'<textarea id="texte" data-count="{limit}" data-words="{pattern}"></textarea></body>'
    )
    page.route("http://page.test/", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    page.goto("http://page.test/")
    page.add_script_tag(path=SCRIPT)
    for text in HARD:
        shown = page.evaluate(
            """(text) => {
              const box = document.getElementById("texte");
              Object.defineProperty(box, "value", { value: text, configurable: true });
              box.dispatchEvent(new Event("input", { bubbles: true }));
              return document.getElementById("note").textContent;
            }""",
            text,
        )
        left = limit - count_words(text)
        noun = "mot" if abs(left) < 2 else "mots"
        expected = f"{-left} {noun} de trop" if left < 0 else f"Il reste {left} {noun}"
        assert shown == expected, json.dumps(text)
    page.close()


def test_a_window_resized_many_times_counts_once_a_key(browser: Browser) -> None:
    page = browser.new_page()
    body = '<body><p id="note" data-count-for="texte"></p><textarea id="texte" data-count="20"></textarea></body>'
    page.route("http://page.test/", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    page.goto("http://page.test/")
    page.add_script_tag(path=SCRIPT)
    changes = page.evaluate(
        """async () => {
          for (let n = 0; n < 5; n += 1) window.dispatchEvent(new Event("resize"));
          const note = document.getElementById("note"), box = document.getElementById("texte"), seen = [];
          const watch = new MutationObserver((found) => seen.push(...found));
          watch.observe(note, { childList: true });
          box.value = "Oui";
          box.dispatchEvent(new Event("input", { bubbles: true }));
          await new Promise((done) => setTimeout(done, 0));
          return [seen.length, note.textContent];
        }"""
    )
    assert changes == [1, "Il reste 17 caractères"]
    page.close()
