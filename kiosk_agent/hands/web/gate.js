// Draws what the agent pushes, and tells it what was pressed. Decides nothing and holds no words of its own.
(() => {
  const SIGNS = {
    green: "M16 2a14 14 0 1 0 0 28a14 14 0 1 0 0-28z M8 17l5 5 11-12",
    amber: "M16 3 30 29H2z M16 12v9 M16 24v2",
    red: "M10 2h12l8 8v12l-8 8H10l-8-8V10z M11 11l10 10 M21 11 11 21",
  };
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== undefined && value !== false && value !== "") element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };
  const sign = (tone) => {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    for (const [name, value] of Object.entries({ viewBox: "0 0 32 32", class: "sign", "aria-hidden": "true" }))
      picture.setAttribute(name, value);
    const path = document.createElementNS(space, "path");
    for (const [name, value] of Object.entries({
      d: SIGNS[tone], fill: "none", stroke: "currentColor", "stroke-width": "3", "stroke-linejoin": "round",
    })) path.setAttribute(name, value);
    picture.append(path);
    return picture;
  };
  const notice = (one) =>
    make("div", { class: `notice ${one.tone}`, "data-tone": one.tone, lang: shown.workerLang }, sign(one.tone),
      make("div", {}, make("strong", {}, one.title), ...(one.lines || []).map((line) => make("p", {}, line))));
  const button = (one) =>
    make("button", { type: "button", "data-act": one.act, class: one.className || "" }, one.label);

  const languages = (view) =>
    make("nav", { class: "languages", "aria-label": view.languagesLabel }, ...view.languages.map((one) =>
      make("button", {
        type: "button", lang: one.tag, "data-act": "language", "data-language": one.code,
        "aria-pressed": String(one.chosen), class: one.chosen ? "chosen" : "",
      }, one.name)));

  const bulletins = (all) =>
    make("details", { class: "bulletins", lang: shown.workerLang },
      make("summary", {}, make("span", {}, all.title), all.count && make("span", { class: "count" }, all.count)),
      ...all.shown.map((one) =>
        make("article", {}, make("strong", {}, one.title), ...one.lines.map((line) => make("p", {}, line)),
          one.read && make("button", {
            type: "button", class: "quiet", "data-act": "bulletin_read", "data-bulletin": one.id,
          }, one.read))));

  const checklist = (form) => {
    const missing = make("p", { class: "missing", role: "alert" });
    const boxes = form.checks.map((check) =>
      make("label", { class: "check" }, make("input", { type: "checkbox", "data-check": check.id }), make("span", {}, check.label)));
    const parts = [make("fieldset", { class: "checks", "aria-label": form.legend }, ...boxes)];
    if (form.mark)
      parts.push(make("label", { class: "field" }, form.mark,
        make("input", { "data-field": "mark", autocomplete: "off", maxlength: "16" })));
    parts.push(missing, button({ act: "confirm", label: form.button, className: "primary" }));
    return parts;
  };

  const confirm = (form) => {
    const checked = {};
    for (const box of document.querySelectorAll("[data-check]")) checked[box.dataset.check] = box.checked;
    const field = document.querySelector("[data-field=mark]");
    const mark = field ? field.value.trim() : "";
    const open = Object.values(checked).some((value) => !value);
    if (open || (field && !mark)) {
      document.querySelector(".missing").textContent = open ? form.missingChecks : form.missingMark;
      (open ? document.querySelector("[data-check]:not(:checked)") : field).focus();
      return;
    }
    kioskAct({ do: "confirm", ...checked, mark });
  };

  let shown = null;
  globalThis.render = (view) => {
    const isNew = !shown || shown.screen !== view.screen || shown.token !== view.token;
    const kept = {};
    if (!isNew) {
      for (const box of document.querySelectorAll("[data-check]")) kept[box.dataset.check] = box.checked;
      kept.mark = document.querySelector("[data-field=mark]")?.value;
    }
    shown = view;
    document.documentElement.lang = view.lang;
    document.title = view.title;
    document.body.dataset.screen = view.screen;
    const desk = document.querySelector(".desk");
    [desk.textContent, desk.lang] = [view.desk, view.workerLang];
    const other = document.querySelector("[data-act=worker_language]");
    other.hidden = !view.workerLanguage;
    if (view.workerLanguage) [other.textContent, other.lang] = [view.workerLanguage.name, view.workerLanguage.tag];
    const { act, check, language } = document.activeElement?.dataset || {};
    const focused = language ? `[data-language="${language}"]`
      : act ? `[data-act=${act}]` : check ? `[data-check=${check}]` : "";
    const parts = [make("h1", { tabindex: "-1" }, view.title)];
    for (const line of view.lines) parts.push(make("p", {}, line));
    const notices = view.notices.map(notice);
    if (view.form) parts.push(...notices.splice(0), ...checklist(view.form));
    if (view.buttons.length === 1) parts.push(button(view.buttons[0]));
    else if (view.buttons.length) parts.push(make("div", { class: "row" }, ...view.buttons.map(button)));
    if (view.languages.length) parts.push(languages(view));
    if (view.state) notices.push(notice(view.state));
    if (notices.length) parts.push(make("section", { class: "notices", "aria-label": view.state?.label, lang: view.workerLang }, ...notices));
    if (view.bulletins) {
      const all = bulletins(view.bulletins);
      all.open = !isNew && Boolean(document.querySelector(".bulletins")?.open); // whoever reads is not interrupted
      parts.push(all);
    }
    document.querySelector("main").replaceChildren(...parts);
    for (const [name, value] of Object.entries(kept)) {
      if (name === "mark") { if (value) document.querySelector("[data-field=mark]").value = value; }
      else document.querySelector(`[data-check=${name}]`).checked = value;
    }
    if (isNew) document.querySelector("h1").focus();
    else if (focused) document.querySelector(focused)?.focus();
    return true;
  };
  addEventListener("contextmenu", (event) => event.preventDefault()); // a touch held too long is no wish for a menu
  addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-act]");
    if (!event.isTrusted || !pressed) return;
    if (pressed.dataset.act === "confirm") confirm(shown.form);
    else kioskAct({
      do: pressed.dataset.act, language: pressed.dataset.language, bulletin: pressed.dataset.bulletin,
    });
  });
})();
