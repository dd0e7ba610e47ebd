// The totals of a scenario follow what is typed, and the filters hide rows without losing anything.
// Without this file, saving shows the totals and the filters reload the page. The server's figures are the ones that count.
(() => {
  "use strict";

  const grid = document.querySelector("[data-scenario]");
  if (!grid) return;
  const rows = Array.from(grid.querySelectorAll("[data-line]"));
  const available = Number(grid.dataset.available);
  const thin = "\u202f";

  // Cents of an amount as people type it, null when it cannot be read.
  function cents(text) {
    const bare = text.replace(/[\s\u00a0\u202f\u2009€]/gu, "");
    if (!bare) return 0;
    return /^\d{1,11}([.,]\d{1,2})?$/.test(bare) ? Math.round(Number(bare.replace(",", ".")) * 100) : null;
  }

  function bare(value) {
    const whole = String(Math.floor(Math.abs(value) / 100)).replace(/\B(?=(\d{3})+$)/g, thin);
    return `${value < 0 ? "−" + thin : ""}${whole},${String(Math.abs(value) % 100).padStart(2, "0")}`;
  }

  const euros = (value) => `${bare(value)}${thin}€`;
  const tenth = (part, whole) => (whole > 0 ? `${(Math.floor((part * 1000) / whole) / 10).toFixed(1).replace(".", ",").replace(",0", "")}${thin}%` : "");

  function given(row) {
    const box = row.querySelector("[data-amount]");
    const shown = row.querySelector("[data-cents]");
    const value = cents(box ? box.value : shown.dataset.cents);
    if (box && !row.classList.contains("bad")) box.classList.toggle("is-invalid", value === null);
    return value || 0;
  }

  function say(name, text) {
    document.querySelectorAll(`[data-say="${name}"]`).forEach((place) => { place.textContent = text; });
  }

  function count() {
    let total = 0, helped = 0, without = 0, part = 0, seen = 0, partHelped = 0;
    rows.forEach((row) => {
      const value = given(row);
      total += value;
      helped += value > 0 ? 1 : 0;
      without += row.dataset.plan === "sans" ? value : 0;
      if (!row.hidden) { part += value; seen += 1; partHelped += value > 0 ? 1 : 0; }
      row.querySelector("[data-rate]").textContent = value ? tenth(value, Number(row.dataset.cost)) : "";
    });
    say("total", euros(total));
    say("left", euros(available - total));
    say("helped", `${helped} sur ${rows.length}`);
    say("without", total ? tenth(without, total) : "");
    say("foot", bare(total));
    say("part", `${euros(part)} proposés à ${partHelped} des ${seen} dossiers affichés`);
    document.querySelectorAll("[data-part]").forEach((place) => { place.hidden = seen === rows.length; });
    document.querySelectorAll("[data-over]").forEach((place) => { place.hidden = total <= available; });
    say("over", euros(Math.max(total - available, 0)));
    const bar = document.querySelector("[data-bar]");
    if (bar) bar.setAttribute("width", `${available > 0 ? Math.min((total * 100) / available, 100) : 0}%`);
  }

  function filter(form) {
    const asked = new FormData(form);
    const words = String(asked.get("q") || "").trim().toLowerCase();
    rows.forEach((row) => {
      row.hidden = !((!words || row.dataset.words.includes(words)) &&
        (!asked.get("theme") || asked.get("theme") === row.dataset.theme) &&
        (!asked.get("plan") || asked.get("plan") === row.dataset.plan));
    });
    count();
  }

  let dirty = false;
  grid.addEventListener("input", () => { dirty = true; count(); });
  grid.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  // A page that was reduced by the server's filters has not every row: it is filtered by the server again.
  const form = document.querySelector("[data-scenario-filter]");
  if (form && rows.length === Number(grid.dataset.files)) {
    form.addEventListener("submit", (event) => { event.preventDefault(); filter(form); });
    form.addEventListener("input", () => filter(form));
    count();
  }
})();
