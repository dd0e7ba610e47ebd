// The committee: ← and → on the screen of the room; the pen keeps what is typed as it goes.
// Without this file the links lead from file to file and the button saves.
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const link = document.querySelector(`a[data-key="${event.key}"]`);
    if (link) { event.preventDefault(); link.click(); }
  });

  const form = document.querySelector("[data-pen]");
  if (!form) return;
  const state = form.querySelector("[data-pen-state]");
  let timer = 0, dirty = false, sending = false, stopped = false, pressed = null;

  function say(text, wrong) {
    state.textContent = text;
    state.classList.toggle("text-danger", Boolean(wrong));
  }

  async function send() {
    if (sending || stopped || !dirty) return;
    sending = true;
    dirty = false;
    let answer = null, told = {};
    try {
      answer = await fetch(location.pathname, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Autosave": "1" }, redirect: "manual",
        signal: AbortSignal.timeout(10000),
      });
      told = await answer.json();
    } catch (unreachable) { /* said below */ }
    sending = false;
    if (told.version) form.elements.version.value = told.version;
    if (pressed) { form.requestSubmit(pressed); return; }
    if (told.version) {
      say(dirty ? "Enregistrement…" : "Enregistré.");
      if (dirty) later();
      return;
    }
    dirty = true;
    stopped = Boolean(told.stale);
    say(told.refused ? `Pas encore enregistré : ${told.refused}` : "Pas encore enregistré : le serveur ne répond pas. Gardez la page ouverte.", true);
    if (!answer || answer.status >= 500) later(8000);
  }

  function later(wait = 1500) { clearTimeout(timer); timer = setTimeout(send, wait); }

  form.addEventListener("input", () => { dirty = true; if (!stopped) { say("Enregistrement…"); later(); } });
  // A button pressed while a save is on its way waits for its version: else one would be told of oneself as of another.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (sending) { event.preventDefault(); pressed = event.submitter; } else { dirty = false; }
  });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
