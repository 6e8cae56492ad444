// The warning in the portal's page. Runs in a world of its own; the page's security policy still applies to what it
// adds, so: no <style>, no style attributes, no innerHTML. A closed shadow root and a modal dialog keep the page out;
// a timer notices removal and builds it again. A page that fights on is reported, and the native window takes over.
globalThis.__kiosk_overlay = (() => {
  const REPAIR_MS = 100;
  const MOST_REPAIRS = 30;
  const SHEET = `
    :host { all: initial }
    * { box-sizing: border-box }
    dialog {
      width: min(46rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem); overflow: auto; margin: auto;
      padding: 2rem; border: 3px solid #927200; border-radius: 16px; background: #fff; color: #333;
      font: 400 24px/1.6 "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif;
    }
    dialog::backdrop { background: rgb(0 0 0 / .8) }
    h1 { margin: 0 0 1rem; font-size: 32px; line-height: 1.4; outline: none }
    p { margin: 0 0 1rem }
    .count { padding: .75rem 1rem; border-left: 8px solid #927200; background: #fff0b3; font-weight: 700 }
    .buttons { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.5rem }
    button {
      flex: 1 1 16rem; min-height: 72px; padding: .5rem 1.25rem; border-radius: 12px; font: inherit; font-weight: 700;
      cursor: pointer; border: 2px solid #0017c1; background: #fff; color: #0017c1;
    }
    button.primary { background: #0017c1; color: #fff }
    button.danger { border-color: #ce0000; color: #ce0000 }
    :is(button, input):focus-visible { outline: 4px solid #000; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
    label { display: block; font-weight: 700 }
    input { width: 100%; min-height: 64px; margin-top: .25rem; padding: 0 1rem; border: 2px solid #666;
      border-radius: 8px; font: inherit; color: inherit; background: #fff }
    .missing { color: #ce0000; font-weight: 700 }
    aside {
      position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483647; width: min(28rem, calc(100vw - 2rem));
      padding: 1.25rem; border: 2px solid #0017c1; border-radius: 16px; background: #fff; color: #333;
      box-shadow: 0 4px 24px rgb(0 0 0 / .3);
      font: 400 20px/1.6 "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif;
    }
    aside h1 { font-size: 24px; margin-bottom: .25rem }
    @media (forced-colors: active) { button, dialog, aside, input { border-color: CanvasText } }
  `;
  let shown = null;
  let nudged = null;

  const say = (message) => {
    try {
      __kiosk_post(JSON.stringify(message));
    } catch {
      // the agent has let go of this page
    }
  };
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const makeHost = () => {
    const host = document.createElement("div");
    for (const [name, value] of [
      ["all", "initial"], ["display", "block"], ["visibility", "visible"], ["opacity", "1"], ["pointer-events", "auto"],
    ]) host.style.setProperty(name, value, "important");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
    return [host, root];
  };

  const secondsLeft = (view) => Math.max(0, Math.ceil((view.until - performance.now()) / 1000));
  const countText = (view) => view.count.replace("{seconds}", secondsLeft(view));

  const build = (view) => {
    const [host, root] = makeHost();
    const dialog = make("dialog");
    dialog.lang = view.lang;
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("closedby", "none");
    dialog.setAttribute("aria-labelledby", "title");
    dialog.setAttribute("aria-describedby", "count");
    const title = make("h1", view.title);
    title.id = "title";
    title.tabIndex = -1;
    dialog.append(title);
    if (view.hint) dialog.append(make("p", view.hint));
    if (view.ask) dialog.append(make("p", view.ask));
    const count = make("p", countText(view), "count");
    count.id = "count";
    dialog.append(count);
    let field = null;
    const missing = make("p", "", "missing");
    missing.setAttribute("role", "alert");
    if (view.mark) {
      const label = make("label", view.mark);
      field = make("input");
      field.autocomplete = "off";
      field.maxLength = 16;
      field.value = view.typed || "";
      field.addEventListener("input", () => { view.typed = field.value; });
      label.append(field);
      dialog.append(label, missing);
    }
    const row = make("div", "", "buttons");
    for (const one of view.buttons) {
      const button = make("button", one.label, one.role);
      button.type = "button";
      button.addEventListener("click", (event) => {
        if (!event.isTrusted) return;
        const mark = field ? field.value.trim() : "";
        if (one.mark && !mark) {
          missing.textContent = view.markMissing;
          field.focus();
          return;
        }
        say({ k: "warning_answer", answer: one.answer, by: view.by, mark });
      });
      // Enter is the key that people press without reading: it answers nothing
      button.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
      row.append(button);
    }
    dialog.append(row);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") event.preventDefault(); });
    root.append(dialog);
    document.documentElement.append(host);
    dialog.showModal();
    title.focus();
    return { host, dialog, count };
  };

  const holds = ({ host, dialog }) => {
    if (!host.isConnected || !dialog.open) return false;
    const box = dialog.getBoundingClientRect();
    return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === host;
  };

  const watch = () => {
    if (!shown) return;
    const { view } = shown;
    if (holds(shown)) {
      const text = countText(view);
      if (shown.count.textContent !== text) shown.count.textContent = text;
      if (!shown.said) {
        shown.said = true;
        say({ k: "warning_shown" });
      }
    } else {
      shown.host.remove();
      shown.repairs += 1;
      if (shown.repairs === MOST_REPAIRS) say({ k: "warning_fought" });
      if (document.documentElement) Object.assign(shown, build(view));
    }
    shown.timer = setTimeout(watch, REPAIR_MS);
  };

  const hide = () => {
    if (!shown) return;
    clearTimeout(shown.timer);
    shown.host.remove();
    shown = null;
  };

  const unnudge = () => {
    if (nudged) nudged.remove();
    nudged = null;
  };

  return {
    show(view) {
      hide();
      unnudge();
      view.until = performance.now() + view.seconds * 1000;
      shown = { view, repairs: 0, said: false, ...build(view) };
      watch();
      return true;
    },
    hide() {
      hide();
      return true;
    },
    nudge(view) {
      unnudge();
      const [host, root] = makeHost();
      const panel = make("aside");
      panel.setAttribute("role", "status");
      panel.append(make("h1", view.title), make("p", view.text));
      const row = make("div", "", "buttons");
      const button = make("button", view.button, "primary");
      button.type = "button";
      button.addEventListener("click", (event) => { if (event.isTrusted) say({ k: "nudge_logout" }); });
      row.append(button);
      panel.append(row);
      root.append(panel);
      document.documentElement.append(host);
      nudged = host;
      return true;
    },
    state: () => ({ warning: Boolean(shown) && holds(shown), repairs: shown ? shown.repairs : 0, nudge: Boolean(nudged) }),
  };
})();
