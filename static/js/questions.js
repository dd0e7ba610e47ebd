// The questions of the call: those that wait for an answer appear as one answers, a block gets one row more.
// Without this file, saving the section shows them.
(() => {
  "use strict";

  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  function answers(form, name) {
    return all(form, `[name="${CSS.escape(name)}"]`).filter(
      (box) => (box.type !== "radio" && box.type !== "checkbox") || box.checked,
    ).map((box) => box.value.trim()).filter(Boolean);
  }

  function opens(waiting, form) {
    const name = waiting.dataset.askedIf;
    const boxes = all(form, `[name="${CSS.escape(name)}"]`);
    // What it waits for is on another page: the server knows.
    if (!boxes.length) return !waiting.hidden;
    if (boxes[0].closest("[data-asked-if][hidden]")) return false;
    const given = answers(form, name);
    const { operator, value, kind } = waiting.dataset;
    if (operator === "filled") return given.length > 0;
    return kind ? given.length > 0 && compares(operator, measure(kind, given[0]), measure(kind, value, true)) : given.includes(value);
  }

  // A number, an amount in cents or a day, as one types them or (kept) as the server writes them; null when it is none.
  function measure(kind, text, kept = false) {
    if (kind === "date") return /^\d{4}-\d\d-\d\d$/.test(text) ? text : null;
    const bare = text.replace(/[\s\u00a0\u202f\u2009€]/gu, "").replace("\u2212", "-");
    if (kind === "number" || kept) return /^-?\d{1,15}$/.test(bare) ? Number(bare) : null;
    return /^\d{1,12}([.,]\d{1,2})?$/.test(bare) ? Math.round(Number(bare.replace(",", ".")) * 100) : null;
  }

  function compares(operator, found, expected) {
    if (found === null || expected === null) return false;
    if (operator === "least") return found >= expected;
    return operator === "most" ? found <= expected : found === expected;
  }

  // In the order of the page: what a question waits for always stands before it.
  function refresh(form) {
    all(form, "[data-asked-if]").forEach((waiting) => { waiting.hidden = !opens(waiting, form); });
  }

  function rows(block) {
    return all(block, "[data-rows] > [data-row]");
  }

  function add(block) {
    const count = rows(block).length;
    if (count >= Number(block.dataset.most)) return;
    const holder = document.createElement("div");
    holder.innerHTML = block.querySelector("template").innerHTML.replaceAll("__i__", String(count));
    const row = holder.firstElementChild;
    all(row, "[data-number]").forEach((number) => { number.textContent = String(count + 1); });
    block.querySelector("[data-rows]").append(row);
    block.querySelector(`[name="${CSS.escape(block.dataset.block)}-lignes"]`).value = String(count + 1);
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: row } }));
    settle(block);
    refresh(row.closest("form"));
    const first = row.querySelector("input, textarea, select");
    if (first) first.focus();
  }

  // A row that was only added goes; those after it take its place, so that none is missed.
  function remove(block, row) {
    const after = rows(block).slice(rows(block).indexOf(row) + 1);
    row.remove();
    after.forEach((next) => moveUp(block, next));
    const count = block.querySelector(`[name="${CSS.escape(block.dataset.block)}-lignes"]`);
    count.value = String(rows(block).length);
    count.dispatchEvent(new Event("input", { bubbles: true })); // what was already saved of it goes too
    settle(block);
    const button = block.querySelector("[data-add]");
    if (button) button.focus();
  }

  function moveUp(block, row) {
    const to = rows(block).indexOf(row);
    const [was, is] = [to + 1, to].map((at) => `${block.dataset.block}-${at}-`);
    all(row, "*").forEach((one) => Array.from(one.attributes).forEach((attribute) => {
      if (attribute.name !== "value" && attribute.value.includes(was)) one.setAttribute(attribute.name, attribute.value.replaceAll(was, is));
    }));
    all(row, "[data-number]").forEach((number) => { number.textContent = String(to + 1); });
  }

  function settle(block) {
    const button = block.querySelector("[data-add]");
    if (button) button.disabled = rows(block).length >= Number(block.dataset.most);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.querySelector("[data-asked-if]")) refresh(form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add], [data-remove]");
    if (!button) return;
    event.preventDefault();
    const block = button.closest("[data-block]");
    if (button.matches("[data-add]")) add(block);
    else remove(block, button.closest("[data-row]"));
  });

  function prepare(root) {
    all(root, ".no-js-only").forEach((words) => { words.hidden = true; });
    all(root, "[data-block]").forEach(settle);
    new Set(all(root, "[data-asked-if]").map((waiting) => waiting.closest("form"))).forEach((form) => form && refresh(form));
  }

  prepare(document);
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt.querySelector("[data-block], [data-asked-if]")) prepare(event.detail.elt); });
})();
