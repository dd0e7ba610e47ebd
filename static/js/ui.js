// Small comforts on pages that work without them. No eval, no inline style, nothing sent anywhere.
(() => {
  "use strict";

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  // --- Keyboard: « / » searches, « j » « k » move on rows, « Entrée » opens, « x » chooses ---
  function rows() {
    return all(document, "table[data-keys] tbody tr").filter((row) => row.offsetParent !== null);
  }

  function move(step) {
    const list = rows();
    if (!list.length) return;
    const from = list.findIndex((row) => row.classList.contains("cur"));
    const to = Math.min(list.length - 1, Math.max(0, from + step));
    list.forEach((row, i) => row.classList.toggle("cur", i === to));
    const link = list[to].querySelector("a[href]");
    (link || list[to]).focus({ preventScroll: true });
    list[to].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all(document, "details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" || event.key === "Enter") {
      const current = document.querySelector("table[data-keys] tr.cur");
      if (!current || (event.key === "Enter" && event.target.closest("a, button, summary"))) return;
      const target = current.querySelector(event.key === "x" ? "input[type=checkbox]" : "a[href]");
      if (target) target.click();
    }
  });

  document.addEventListener("click", (event) => {
    all(document, "details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      event.preventDefault();
      navigator.clipboard.writeText(copy.dataset.copy || location.href).then(() => {
        copy.dataset.done = "";
        say(copy.dataset.copied || "Copié");
      });
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  // --- A sentence for those who listen ---
  function say(sentence) {
    let live = document.getElementById("annonces");
    if (!live) {
      live = document.createElement("p");
      live.id = "annonces";
      live.className = "visually-hidden";
      live.setAttribute("role", "status");
      document.body.append(live);
    }
    live.textContent = sentence;
  }

  // --- Selection of rows ---
  function select(box) {
    const row = box.closest("tr");
    if (row) row.classList.toggle("sel", box.checked);
  }

  // How many are chosen, in the bar of what can be done with them.
  function chosen() {
    const count = document.querySelector("form#lot [data-selected-count]");
    if (!count) return;
    const every = count.closest("form").querySelector("[name=tous]");
    const ticked = document.querySelectorAll("td.c input[form=lot]:checked").length;
    if (every && every.checked) count.textContent = "Tous les dossiers de cette vue";
    else if (ticked) count.textContent = ticked + (ticked > 1 ? " dossiers choisis" : " dossier choisi");
    else count.textContent = "Aucun dossier choisi";
  }
  chosen();
  window.addEventListener("pageshow", chosen);

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-check-all]")) {
      all(box.closest("table, form"), `input[type=checkbox][name="${CSS.escape(box.dataset.checkAll)}"]`).forEach((each) => {
        each.checked = box.checked;
        select(each);
      });
    } else if (box.matches("td.c input[type=checkbox]")) select(box);
    chosen();
    const form = box.form;
    if (form && form.matches("[data-autosubmit]") && !box.matches("[type=search], [type=text]")) form.requestSubmit();
  });

  // --- A form that is on its way is not sent twice, unless (data-again) it only downloads ---
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || "again" in form.dataset) return;
    if (form.dataset.sent && Date.now() - form.dataset.sent < 5000) event.preventDefault();
    else form.dataset.sent = String(Date.now());
  });

  // --- Nothing typed is lost when the session has ended between two clicks ---
  // What is sent is kept in this tab only, until a page of ours shows that it arrived.
  const KEPT = "garde:";
  const secret = /iban|bic|password|code|csrf/i;

  function texts(form) {
    return all(form, "textarea, input[type=text], input[type=email], input[type=date], select").filter(
      (box) => box.name && !secret.test(box.name) && !box.hidden,
    );
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented || form.querySelector("[type=password]")) return;
    if ("autosave" in form.dataset) return; // writing.js keeps these
    const values = Object.fromEntries(texts(form).filter((box) => box.value).map((box) => [box.name, box.value]));
    if (Object.keys(values).length) sessionStorage.setItem(KEPT + location.pathname, JSON.stringify(values));
  });

  function offerWhatWasKept() {
    if (document.body.hasAttribute("data-hold")) return;
    const here = sessionStorage.getItem(KEPT + location.pathname);
    Object.keys(sessionStorage).filter((key) => key.startsWith(KEPT)).forEach((key) => sessionStorage.removeItem(key));
    if (!here || document.querySelector(".flash-success, .errsum")) return;
    const values = JSON.parse(here);
    const lost = all(document, "main form[method=post]").flatMap(texts).filter(
      (box) => box.name in values && box.value !== values[box.name],
    );
    if (!lost.length) return;
    const note = document.createElement("div");
    note.className = "note note-warn";
    note.setAttribute("role", "status");
    const sentence = document.createElement("p");
    sentence.textContent = "Votre dernier envoi n’est pas arrivé. Ce que vous aviez écrit est gardé.";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-outline-dark btn-sm mt-2";
    button.textContent = "Remettre ce que j’avais écrit";
    button.addEventListener("click", () => {
      lost.forEach((box) => {
        box.value = values[box.name];
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
      note.remove();
      lost[0].focus();
    });
    note.append(sentence, button);
    lost[0].form.before(note);
  }

  // --- What writing.js keeps in this browser goes when it has arrived, and at the sign-out ---
  function forgetTyped(wanted) {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("fi-texte:") && wanted(key)).forEach((key) => localStorage.removeItem(key));
    } catch (closed) { /* nothing was kept */ }
  }

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (new URL(event.target.action, location.href).pathname.endsWith("/logout/")) forgetTyped(() => true);
  });
  if (document.querySelector(".flash-success")) {
    const arrived = JSON.parse(sessionStorage.getItem("fi-partis") || "[]");
    forgetTyped((key) => arrived.includes(key));
  }
  sessionStorage.removeItem("fi-partis");

  // --- Passkeys: allauth's script tells what went wrong, we say it in French ---
  document.addEventListener("allauth.error", (event) => {
    const note = document.querySelector("[data-key-error]");
    if (!note) return;
    event.preventDefault();
    note.hidden = false;
    note.setAttribute("role", "alert");
    note.textContent = "La clé n’a pas répondu. Recommencez, ou choisissez un autre moyen.";
  });

  // --- What depends on the page as it is now, also after htmx has changed a part of it ---
  function count(box) {
    const note = document.querySelector(`[data-count-for="${CSS.escape(box.id)}"]`);
    if (!note) return;
    // Words by the server's own pattern; else characters, a line break being two, as most forms send it.
    const found = box.dataset.words && box.value.match(new RegExp(box.dataset.words, "gu"));
    const ends = box.dataset.countLines ? 0 : (box.value.match(/\n/g) || []).length;
    const length = box.dataset.words ? (found || []).length : Array.from(box.value).length + ends;
    const left = Number(box.dataset.count) - length;
    const figure = Math.abs(left).toLocaleString("fr-FR");
    const noun = (box.dataset.words ? "mot" : "caractère") + (Math.abs(left) > 1 ? "s" : "");
    note.textContent = left < 0 ? `${figure} ${noun} de trop` : `Il reste ${figure} ${noun}`;
    note.classList.toggle("over", left < 0);
    // Said aloud only when it begins to matter.
    const mood = left < 0 ? "over" : left <= (box.dataset.words ? 20 : 100) ? "near" : "";
    if (box.dataset.mood !== undefined && box.dataset.mood !== mood && mood) say(note.textContent);
    box.dataset.mood = mood;
  }

  function prepare(root) {
    all(root, "form[method=post]").forEach((form) => { form.noValidate = true; });
    all(root, "[data-count]").forEach(count);
    all(root, "td.c input[type=checkbox]").forEach(select);
    measure(root);
  }

  function measure(root) {
    all(root, ".scroll").forEach((box) => {
      const wide = box.scrollWidth > box.clientWidth + 1;
      box.classList.toggle("wide", wide);
      if (wide) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  }

  prepare(document);
  offerWhatWasKept();
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-count]")) count(event.target);
  });
  window.addEventListener("resize", () => measure(document));
  document.addEventListener("htmx:load", (event) => {
    prepare(event.detail.elt);
    // On a full page `autofocus` does it, even without this file.
    const problems = event.detail.elt !== document.body && event.detail.elt.querySelector(".errsum");
    if (problems) problems.focus();
  });
})();
