// Totals while one types. The page works without: the server counts again when the budget is saved.
(() => {
  "use strict";

  const form = document.querySelector("form[data-budget]");
  if (!form) return;
  const SPACES = /[ \u00a0\u202f\u2009]/g;

  // Cents of what is typed, as a whole number; null when it cannot be read (the server says why).
  function cents(text) {
    const clean = text.replace(SPACES, "").replace(/€$/, "");
    if (clean === "") return 0;
    const found = /^([0-9]{1,11})(?:[,.]([0-9]{1,2}))?$/.exec(clean);
    return found ? parseInt(found[1], 10) * 100 + parseInt((found[2] || "").padEnd(2, "0"), 10) : null;
  }

  function euros(value) {
    const whole = String(Math.floor(Math.abs(value) / 100)).replace(/\B(?=([0-9]{3})+$)/g, "\u202f");
    const sign = value < 0 ? "\u2212\u202f" : "";
    return `${sign}${whole},${String(Math.abs(value) % 100).padStart(2, "0")}\u202f€`;
  }

  function total(side) {
    const inputs = form.querySelectorAll(`table[data-side="${side}"] input.money`);
    return Array.from(inputs).reduce((sum, input) => sum + (cents(input.value) || 0), 0);
  }

  function show(name, text) {
    form.querySelector(`[data-total="${name}"]`).textContent = text;
  }

  function count() {
    const charges = total("charges");
    const products = total("products");
    const gap = products - charges;
    show("charges", euros(charges));
    show("products", euros(products));
    show("gap", euros(gap));
    form.querySelector("[data-gap-row]").hidden = gap === 0;
    const hint = document.getElementById("equilibre");
    if (hint) hint.hidden = true;
  }

  form.addEventListener("input", (event) => {
    if (event.target.matches("input.money")) count();
  });
})();
