// Documents: dropped or chosen, several at once, each with its progress and its result. The page works without.
// A place for documents ([data-upload]) is a form of its own, or a part of a larger one: then it says its code (data-code).
(() => {
  "use strict";

  const LANES = 2; // files on their way at the same time
  const maximum = Number((document.querySelector("[data-max-bytes]") || { dataset: {} }).dataset.maxBytes) || Infinity;
  const status = document.querySelector("[data-upload-status]");
  const queue = [];
  let busy = 0;
  let joined = 0;
  let refused = 0;

  const plural = (count, word) => `${count} ${word}${count > 1 ? "s" : ""}`;

  function weight(bytes) {
    if (bytes < 1024) return `${bytes} octets`;
    const big = bytes >= 1024 * 1024;
    const value = bytes / (big ? 1024 * 1024 : 1024);
    return `${value.toLocaleString("fr-FR", { maximumFractionDigits: 1 })}\u202f${big ? "Mo" : "Ko"}`;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  // --- One line a file: name, bar, button ---
  function line(form, file) {
    const list = form.closest("[data-drop]").querySelector("[data-uploads]");
    const item = element("li", "sending");
    const bar = element("progress");
    const words = element("span", "muted small", "en attente");
    const button = element("button", "btn btn-quiet btn-sm", "Annuler");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `Envoi de ${file.name}`);
    button.type = "button";
    button.append(element("span", "visually-hidden", ` l’envoi de ${file.name}`));
    item.append(element("b", "", file.name), words, bar, button);
    list.append(item);
    list.hidden = false;
    return { form, file, item, bar, words, button, list };
  }

  function remove(task) {
    task.item.remove();
    task.list.hidden = !task.list.children.length;
  }

  function refuse(task, sentence) {
    refused += 1;
    task.bar.remove();
    task.item.className = "sending bad";
    task.words.className = "ferr";
    task.words.textContent = sentence;
    task.button.textContent = "Fermer";
    task.button.append(element("span", "visually-hidden", ` le message sur ${task.file.name}`));
    task.button.onclick = () => remove(task);
  }

  // --- Sending ---
  function add(form, files) {
    Array.from(files).forEach((file) => {
      const task = line(form, file);
      if (file.size === 0) refuse(task, "Ce fichier est vide. Vérifiez qu’il s’ouvre sur votre ordinateur.");
      else if (file.size > maximum) {
        refuse(task, `Ce fichier pèse ${weight(file.size)} ; la limite est de ${weight(maximum)}. Enregistrez-le en taille réduite.`);
      } else {
        task.button.onclick = () => cancel(task);
        queue.push(task);
      }
    });
    next();
    if (!busy) conclude();
  }

  function cancel(task) {
    const waiting = queue.indexOf(task);
    if (waiting >= 0) queue.splice(waiting, 1);
    if (task.request) task.request.abort();
    remove(task);
  }

  function next() {
    while (busy < LANES && queue.length) send(queue.shift());
  }

  const isForm = (form) => form.matches("form");
  const replaces = (form) => (isForm(form) ? form.elements.replaces : form.querySelector("select"));

  function bodyOf(form, file) {
    const body = isForm(form) ? new FormData(form) : new FormData();
    if (!isForm(form)) {
      body.append("csrfmiddlewaretoken", form.closest("form").elements.csrfmiddlewaretoken.value);
      body.append("code", form.dataset.code);
      if (replaces(form)) body.append("replaces", replaces(form).value);
    }
    body.delete("uploads");
    body.append("uploads", file);
    return body;
  }

  function send(task) {
    const body = bodyOf(task.form, task.file);
    const request = new XMLHttpRequest();
    task.request = request;
    busy += 1;
    request.open("POST", (isForm(task.form) && task.form.action) || location.pathname);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      const share = Math.round((100 * event.loaded) / event.total);
      task.bar.value = share;
      task.words.textContent = share < 100 ? `${share}\u202f%` : "vérification du fichier";
    };
    request.onload = () => answer(task, request);
    request.onerror = () => refuse(task, "L’envoi s’est interrompu. Vérifiez votre connexion, puis choisissez ce fichier de nouveau.");
    request.onloadend = () => {
      busy -= 1;
      next();
      if (!busy) conclude();
    };
    task.words.textContent = `0\u202f%`;
    request.send(body);
  }

  function answer(task, request) {
    if (request.status === 200 && isJson(request) && !sentenceOf(request)) {
      joined += 1;
      remove(task);
      if (replaces(task.form)) replaces(task.form).value = "";
      refresh(task.form);
    } else refuse(task, sentenceOf(request));
  }

  function isJson(request) {
    return (request.getResponseHeader("Content-Type") || "").includes("json");
  }

  function sentenceOf(request) {
    if (isJson(request)) return JSON.parse(request.responseText).sentence;
    if (request.status === 413) return "Ce fichier est trop lourd : 20 Mo au plus.";
    if (request.status === 200 || request.status === 403) {
      return "Votre session a pris fin. Connectez-vous dans un autre onglet, puis choisissez ce fichier de nouveau.";
    }
    return "Le service n’a pas pu recevoir ce fichier. Réessayez dans un instant.";
  }

  function refresh(form) {
    const row = form.closest("[data-drop]");
    if (!form.dataset.state || !window.htmx) return;
    window.htmx.ajax("GET", form.dataset.state, { target: row.querySelector("[data-papers]"), swap: "innerHTML" });
  }

  // --- When all have arrived ---
  function conclude() {
    const parts = [];
    if (joined) parts.push(`${plural(joined, "fichier")} reçu${joined > 1 ? "s" : ""}`);
    if (refused) parts.push(`${plural(refused, "fichier")} refusé${refused > 1 ? "s" : ""}`);
    if (status && parts.length) status.textContent = `${parts.join(", ")}.`;
    const reload = joined && !document.querySelector("[data-upload][data-state]") && !refused;
    joined = refused = 0;
    if (reload) location.reload();
  }

  window.addEventListener("beforeunload", (event) => {
    if (busy || queue.length) event.preventDefault();
  });

  // --- The zones ---
  function ready(form) {
    const row = form.closest("[data-drop]");
    const input = form.querySelector("input[type=file]");
    form.classList.add("ready");
    form.querySelector(".drop-words").hidden = false;
    input.addEventListener("change", () => {
      const chosen = Array.from(input.files);
      input.value = "";
      if (chosen.length) add(form, chosen);
    });
    const choose = (event) => {
      event.preventDefault();
      input.click();
    };
    if (isForm(form)) form.addEventListener("submit", choose);
    else form.querySelector("button").addEventListener("click", choose);
    ["dragenter", "dragover"].forEach((kind) => row.addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      row.classList.add("over");
    }));
    row.addEventListener("dragleave", (event) => {
      if (!row.contains(event.relatedTarget)) row.classList.remove("over");
    });
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      row.classList.remove("over");
      add(form, filesOf(form, event.dataTransfer));
    });
  }

  // A folder looks like a file of no type: it is said, and not sent.
  function filesOf(form, transfer) {
    const items = Array.from(transfer.items || []);
    return Array.from(transfer.files).filter((file, i) => {
      const entry = items[i] && items[i].webkitGetAsEntry && items[i].webkitGetAsEntry();
      if (!entry || !entry.isDirectory) return true;
      refuse(line(form, file), "Un dossier ne se dépose pas : ouvrez-le et déposez les fichiers qu’il contient.");
      return false;
    });
  }

  document.querySelectorAll("[data-upload]").forEach(ready);
  // A file dropped beside its place must not replace the page.
  ["dragover", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (event.dataTransfer && event.dataTransfer.types.includes("Files") && !event.defaultPrevented) event.preventDefault();
  }));
})();
