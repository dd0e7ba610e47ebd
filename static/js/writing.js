// A form that saves itself while one writes. Without this file the same form is saved by its button.
//
// Each unit (a field, or a table as a whole) has a hidden input « vu-<unit> »: the name of the content its writer saw.
// What was touched goes to the server after a pause; until the server has said « enregistré », this browser keeps a copy.
(() => {
  "use strict";

  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const PAUSE = 1500;
  const LONGEST = 8000;
  const KEY = "fi-texte:" + form.dataset.mirror;
  const OLDEST = 7 * 24 * 3600 * 1000;
  const said = document.querySelector("[data-said]");
  const dirty = new Map(); // unit → how many times it was touched
  const refused = new Set(); // units whose content the server does not take as it is
  const inConflict = new Set();
  const held = new Set(); // shown to be looked at first
  let timer, first, sending, again, delay = 0, over = false;

  const tokenBox = (unit) => form.querySelector(`input[name="vu-${CSS.escape(unit)}"]`);
  const units = Array.from(form.querySelectorAll('input[name^="vu-"]'), (box) => box.name.slice(3));

  function unitOf(box) {
    const place = box.closest("[data-unit]");
    return place && units.includes(place.dataset.unit) ? place.dataset.unit : "";
  }

  function boxesOf(unit) {
    return Array.from(form.elements).filter((box) => box.name && box.type !== "submit" && unitOf(box) === unit && !box.name.startsWith("neuf-"));
  }

  function entriesOf(unit) {
    return boxesOf(unit)
      .filter((box) => !["checkbox", "radio"].includes(box.type) || box.checked)
      .map((box) => [box.name, box.value]);
  }

  // --- What this browser keeps until the server has it ---
  function mirror(unit) {
    try {
      localStorage.setItem(KEY + unit, JSON.stringify({ at: Date.now(), entries: entriesOf(unit) }));
    } catch (full) { /* the server remains */ }
  }

  function unmirror(unit) {
    try { localStorage.removeItem(KEY + unit); } catch (closed) { /* nothing was kept */ }
  }

  function kept(unit) {
    try {
      const found = JSON.parse(localStorage.getItem(KEY + unit) || "null");
      return found && Date.now() - found.at < OLDEST ? found : null;
    } catch (unreadable) { return null; }
  }

  function put(unit, entries) {
    boxesOf(unit).forEach((box) => {
      const values = entries.filter(([name]) => name === box.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(box.type)) box.checked = values.includes(box.value);
      else if (box.type !== "hidden" && values.length) box.value = values[0];
    });
  }

  // --- Saying where the saving stands ---
  function say(text, mood = "") {
    said.className = `said ${mood}`;
    said.textContent = text;
  }

  function tell(unit, messages) {
    form.querySelectorAll(`[data-refused="${CSS.escape(unit)}"]`).forEach((note) => note.remove());
    boxesOf(unit).forEach((box) => {
      if (box.dataset.wasTold) {
        box.setAttribute("aria-describedby", box.dataset.wasTold.trim());
        box.removeAttribute("aria-invalid");
        delete box.dataset.wasTold;
      }
    });
    messages.forEach(([name, message], n) => {
      const box = boxesOf(unit).find((one) => one.name === name && one.type !== "hidden");
      const note = document.createElement("span");
      note.className = "ferr";
      note.dataset.refused = unit;
      note.id = `refus-${unit}-${n}`;
      note.textContent = `Pas encore enregistré : ${message}`;
      if (!box) return form.prepend(note);
      box.dataset.wasTold = (box.getAttribute("aria-describedby") || "") + " ";
      box.setAttribute("aria-describedby", `${box.dataset.wasTold}${note.id}`);
      box.setAttribute("aria-invalid", "true");
      (box.closest(".f-unit, .choices") || box).before(note);
    });
  }

  function showConflict(unit, html) {
    const place = form.querySelector(`[data-unit="${CSS.escape(unit)}"]`);
    form.querySelectorAll(`[data-conflict="${CSS.escape(unit)}"]`).forEach((old) => old.remove());
    place.insertAdjacentHTML("afterbegin", html);
    inConflict.add(unit);
    say("Pas encore enregistré : un collègue a changé le même texte. Choisissez.", "wrong");
  }

  // --- Sending ---
  function ready() {
    return Array.from(dirty.keys()).filter((unit) => !refused.has(unit) && !inConflict.has(unit) && !held.has(unit));
  }

  function body(list) {
    const data = new URLSearchParams();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    list.forEach((unit) => {
      data.append(`vu-${unit}`, tokenBox(unit).value);
      entriesOf(unit).forEach(([name, value]) => data.append(name, value));
    });
    if (form.elements.garde && list.length === dirty.size) data.append("garde", form.elements.garde.value);
    return data;
  }

  async function send({ leaving = false } = {}) {
    clearTimeout(timer);
    const list = ready();
    if (!list.length || over || sending) return;
    const marks = new Map(list.map((unit) => [unit, dirty.get(unit)]));
    sending = true;
    first = 0;
    if (!leaving) say("Enregistrement…", "");
    const data = body(list);
    let answer;
    try {
      answer = await fetch(location.pathname, {
        method: "POST",
        body: data,
        headers: { "X-Autosave": "1" },
        redirect: "manual",
        keepalive: data.toString().length < 60000, // so that it arrives even when the page is left
      });
    } catch (unreachable) { /* said below */ }
    sending = false;
    if (over) return;
    if (!answer || answer.status >= 500 || answer.status === 429) return wait();
    delay = 0;
    if (answer.type === "opaqueredirect" || answer.status === 401) return stop("session");
    if (answer.status !== 200) return stop(answer.status === 403 ? "again" : "refused", await read(answer));
    receive(await answer.json(), marks);
  }

  async function read(answer) {
    try { return await answer.json(); } catch (page) { return {}; }
  }

  function receive(result, marks) {
    marks.forEach((mark, unit) => {
      if (unit in result.tokens) tokenBox(unit).value = result.tokens[unit];
      tell(unit, result.errors[unit] || []);
      if (result.errors[unit]) refused.add(unit);
      else if (result.conflicts[unit]) showConflict(unit, result.conflicts[unit]);
      else if (dirty.get(unit) === mark) {
        dirty.delete(unit);
        unmirror(unit);
      }
    });
    const problems = Object.keys(result.errors).length;
    if (inConflict.size) { /* said beside the two texts */ }
    else if (problems && result.said) say(`${result.said}, sauf ce qui est signalé`, "waits");
    else if (problems) say("Pas encore enregistré : voyez ce qui est signalé", "wrong");
    else if (!dirty.size && result.said) say(`✓ ${result.said}`);
    if (ready().length) plan();
  }

  function wait() {
    delay = Math.min(delay ? delay * 2 : 2, 60);
    say(`Pas encore enregistré : connexion perdue. Nouvel essai dans ${delay} s. Ce navigateur garde votre texte.`, "wrong");
    clearTimeout(again);
    again = setTimeout(() => send(), delay * 1000);
  }

  function stop(why, result = {}) {
    over = true;
    dirty.forEach((mark, unit) => mirror(unit));
    if (why === "refused" || result.refused) {
      say(`Pas encore enregistré : ${result.refused || "le serveur n’a pas pris ce texte."} Copiez-le avant de quitter la page.`, "wrong");
      return;
    }
    const waits = "Pas encore enregistré : votre session est terminée. Ce navigateur garde votre texte et vous le rendra. ";
    const calm = "Votre session est terminée. Ce que vous aviez écrit est enregistré ; ce navigateur garde la suite. ";
    say(dirty.size ? waits : calm, dirty.size ? "wrong" : "waits");
    const link = document.createElement("a");
    link.href = why === "session" ? form.dataset.signIn : location.pathname;
    link.textContent = why === "session" ? "Se reconnecter" : "Rouvrir la page";
    said.append(link);
  }

  function plan(pause = PAUSE) {
    clearTimeout(timer);
    first = first || Date.now();
    timer = setTimeout(() => send(), Math.max(0, Math.min(pause, first + LONGEST - Date.now())));
  }

  function touch(unit) {
    dirty.set(unit, (dirty.get(unit) || 0) + 1);
    refused.delete(unit);
    mirror(unit);
  }

  // --- What people do ---
  form.addEventListener("input", (event) => {
    const unit = unitOf(event.target);
    if (!unit) return;
    touch(unit);
    held.delete(unit);
    if (inConflict.has(unit)) return;
    if (!over && !delay) say("");
    plan();
  });
  form.addEventListener("change", (event) => {
    if (unitOf(event.target) && dirty.size) plan(150);
  });
  form.addEventListener("focusout", () => {
    if (dirty.size && !delay) plan(150);
  });
  window.addEventListener("online", () => send());
  document.addEventListener("session-ended", (event) => { // seen by presence.js
    event.preventDefault();
    if (!over && !sending) stop("session");
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send({ leaving: true });
  });
  window.addEventListener("pagehide", () => send({ leaving: true }));

  form.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-keep]");
    if (choice && choice.dataset.keep === "sien") unmirror(choice.value.split(":")[1]);
    const fill = event.target.closest("[data-fill]");
    if (!fill) return;
    event.preventDefault();
    const box = form.elements[fill.dataset.fill];
    box.value = fill.dataset.value;
    touch(unitOf(box));
    held.add(unitOf(box));
    say("Montant proposé : relisez, puis enregistrez.", "waits");
    form.dispatchEvent(new Event("filled"));
    box.focus();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    clearTimeout(again);
    if (sending) { // its answer brings the new tokens: without them one would be in conflict with oneself
      event.preventDefault();
      const button = event.submitter;
      const wait = setInterval(() => {
        if (sending) return;
        clearInterval(wait);
        form.requestSubmit(button);
      }, 50);
      return;
    }
    over = true; // the whole form is on its way; the copy stays until a page of ours shows that it arrived
    dirty.forEach((mark, unit) => mirror(unit));
    sessionStorage.setItem("fi-partis", JSON.stringify(Array.from(dirty.keys(), (unit) => KEY + unit)));
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // the tokens of a page that comes back are old
  });

  // Signing out clears what this browser keeps: what was just typed is saved first.
  document.addEventListener("submit", (event) => {
    const leaving = event.target;
    if (!new URL(leaving.action, location.href).pathname.endsWith("/logout/")) return;
    if (over || !ready().length) {
      over = true;
      return;
    }
    event.preventDefault();
    send().finally(() => {
      over = true;
      leaving.requestSubmit();
    });
  }, true);

  // --- On opening: what the page shows unsaved, and what this browser kept ---
  form.dataset.unsaved.split(" ").filter((unit) => units.includes(unit)).forEach((unit) => dirty.set(unit, 1));
  form.querySelectorAll("[data-conflict]").forEach((one) => inConflict.add(one.dataset.conflict));

  function same(one, other) {
    const flat = (entries) => JSON.stringify(entries.filter(([name]) => !/_FORMS$/.test(name)).map(([name, value]) => [name, value.replace(/\r\n?/g, "\n")]));
    return flat(one) === flat(other);
  }

  function readable(unit, entries) {
    const lines = entries
      .filter(([name, value]) => value.trim() && !/_FORMS$|-account$/.test(name))
      .map(([name, value]) => {
        const box = boxesOf(unit).find((one) => one.name === name && (one.type !== "checkbox" && one.type !== "radio" || one.value === value));
        if (!box) return value;
        if (box.type === "checkbox" || box.type === "radio") return box.labels[0] ? box.labels[0].textContent.trim() : value;
        return box.tagName === "SELECT" ? (Array.from(box.options).find((one) => one.value === value) || {}).text || value : value;
      });
    return lines.join(lines.length > 1 ? "\n" : "") || "(vide)";
  }

  function column(title, text, label, act) {
    const part = document.createElement("div");
    const head = document.createElement("h3");
    const words = document.createElement("div");
    const button = document.createElement("button");
    head.textContent = title;
    words.className = "two-texts parts";
    words.textContent = text;
    button.type = "button";
    button.className = "btn btn-sm btn-outline-dark";
    button.textContent = label;
    button.addEventListener("click", act);
    part.append(head, words, button);
    return part;
  }

  function offer(unit, found) {
    const place = form.querySelector(`[data-unit="${CSS.escape(unit)}"]`);
    const box = document.createElement("section");
    const head = document.createElement("h2");
    const two = document.createElement("div");
    box.className = "conflict";
    box.dataset.offered = unit;
    head.id = `garde-${unit}`;
    box.setAttribute("aria-labelledby", head.id);
    head.textContent = `Ce navigateur garde un texte qui n’est pas enregistré (${new Date(found.at).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" })})`;
    two.className = "g2";
    two.append(
      column("Le texte gardé ici", readable(unit, found.entries), "Reprendre le texte gardé", () => {
        put(unit, found.entries);
        touch(unit);
        box.remove();
        form.dispatchEvent(new Event("filled"));
        plan(150);
      }),
      column("Le texte enregistré", readable(unit, entriesOf(unit)), "Garder le texte enregistré", () => {
        unmirror(unit);
        box.remove();
      }),
    );
    box.append(head, two);
    place.prepend(box);
  }

  function prune() {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith("fi-texte:")).forEach((key) => {
        const found = JSON.parse(localStorage.getItem(key) || "null");
        if (!found || Date.now() - found.at > OLDEST) localStorage.removeItem(key);
      });
    } catch (closed) { /* no storage */ }
  }

  prune();
  units.forEach((unit) => {
    const found = kept(unit);
    if (!found || inConflict.has(unit)) return;
    const names = boxesOf(unit).map((box) => box.name);
    const more = found.entries.some(([name, value]) => value.trim() && !names.includes(name) && !/-DELETE$|-account$/.test(name));
    if (more && !location.search) return location.replace(`${location.pathname}?lignes=12`); // a table that had more rows
    if (same(found.entries, entriesOf(unit))) {
      if (!dirty.has(unit)) unmirror(unit);
    } else offer(unit, found);
  });
  dirty.forEach((mark, unit) => mirror(unit));
  if (dirty.size && !inConflict.size) say("Ce qui est affiché n’est pas encore enregistré.", "waits");
  document.querySelectorAll(".scripted").forEach((one) => { one.hidden = false; });
})();
