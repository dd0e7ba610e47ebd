// Who else writes in this file: asked every twenty seconds while the page is looked at and used.
(() => {
  "use strict";

  const place = document.querySelector("[data-presence]");
  const EVERY = 20000;
  const ASLEEP = 10 * 60 * 1000; // nobody there: stop asking, so that a forgotten page keeps no session alive
  const WRITING = 2 * 60 * 1000;
  let used = Date.now();
  let typed = 0;
  let over = false;

  if (!place) return;

  ["pointerdown", "keydown", "scroll"].forEach((kind) => document.addEventListener(kind, () => { used = Date.now(); }, { passive: true }));
  document.addEventListener("input", () => {
    const began = Date.now() - typed > WRITING;
    typed = used = Date.now();
    if (began) ask();
  });

  async function ask() {
    if (over || document.visibilityState !== "visible" || Date.now() - used > ASLEEP) return;
    const writes = place.dataset.section && Date.now() - typed < WRITING;
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    const request = { headers: { "X-Autosave": "1" }, redirect: "manual" };
    if (writes && token) {
      request.method = "POST";
      request.body = new URLSearchParams({ csrfmiddlewaretoken: token.value, section: place.dataset.section });
    }
    try {
      const answer = await fetch(place.dataset.presence, request);
      if (answer.status === 401) return ended();
      if (!answer.ok) return;
      const html = await answer.text();
      if (html.trim() !== place.innerHTML.trim()) place.innerHTML = html;
    } catch (unreachable) { /* asked again later */ }
  }

  // Nobody is signed in here any more: writing.js says where what was typed stands; another page says it in a line.
  function ended() {
    over = true;
    place.replaceChildren();
    if (!document.dispatchEvent(new CustomEvent("session-ended", { cancelable: true }))) return;
    const line = document.createElement("p");
    const link = document.createElement("a");
    line.className = "small mb-0";
    line.setAttribute("role", "status");
    link.href = location.pathname;
    link.textContent = "Se reconnecter";
    line.append("Votre session est terminée. ", link);
    place.append(line);
  }

  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
})();
