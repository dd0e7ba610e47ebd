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
    return waiting.dataset.operator === "filled" ? given.length > 0 : given.includes(waiting.dataset.value);
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
    row.querySelector("[data-number]").textContent = String(count + 1);
    block.querySelector("[data-rows]").append(row);
    block.querySelector(`[name="${CSS.escape(block.dataset.block)}-lignes"]`).value = String(count + 1);
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: row } }));
    settle(block);
    refresh(row.closest("form"));
    const first = row.querySelector("input, textarea, select");
    if (first) first.focus();
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
    const button = event.target.closest("[data-add]");
    if (!button) return;
    event.preventDefault();
    add(button.closest("[data-block]"));
  });

  function prepare(root) {
    all(root, ".no-js-only").forEach((words) => { words.hidden = true; });
    all(root, "[data-block]").forEach(settle);
    new Set(all(root, "[data-asked-if]").map((waiting) => waiting.closest("form"))).forEach((form) => form && refresh(form));
  }

  prepare(document);
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt.querySelector("[data-block], [data-asked-if]")) prepare(event.detail.elt); });
})();
