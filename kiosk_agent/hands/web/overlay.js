// The warning in the portal's page. Runs in a world of its own; the page's security policy still applies to what it
// adds, so: no <style>, no style attributes, no innerHTML. A closed shadow root and a modal dialog keep the page out;
// a timer notices removal and builds it again. A page that fights on is reported, and the native window takes over.
globalThis.__kiosk_overlay = (() => {
  const REPAIR_MS = 100;
  const MOST_REPAIRS = 30;
  const ARM_AFTER_MS = 600; // a press that was on its way to the portal when the warning appeared lands within this time
  // All lengths in px: the page decides what a rem is, and some make it very small.
  const SHEET = `
    :host { all: initial }
    * { box-sizing: border-box }
    dialog, aside {
      color-scheme: only light; background: #fff; color: #333;
      font-family: "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif; font-weight: 400;
      line-height: 1.6; text-align: left; text-wrap: pretty;
    }
    :lang(ja) { word-break: auto-phrase }
    :is(:lang(ja-Hrkt), :lang(ko)) { word-break: keep-all }
    /* the same Chinese character looks different in Japan; Japanese fonts lack Hangul, and letters of Vietnamese */
    :lang(ja) { font-family: "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif }
    :lang(zh) { font-family: "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei UI", "Microsoft YaHei", sans-serif }
    :lang(ko) { font-family: "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", sans-serif }
    :lang(vi) { font-family: "Noto Sans", "Segoe UI", "DejaVu Sans", "Liberation Sans", sans-serif }
    dialog {
      width: min(760px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; margin: auto; padding: 0;
      border: 0; border-radius: 16px; font-size: 24px;
    }
    dialog::backdrop { background: rgb(0 0 0 / .94) } /* whoever sits there now reads nothing of the page beneath */
    .head { display: flex; gap: 16px; align-items: center; justify-content: space-between }
    dialog .head { padding: 20px 32px; background: #fff0b3 }
    .body { padding: 20px 32px 32px }
    h1 { margin: 0; font-size: 32px; font-weight: 700; line-height: 1.4; text-wrap: balance; outline: none }
    p { margin: 0 0 12px }
    .count { margin: 0; font-weight: 700; font-variant-numeric: tabular-nums }
    .track { height: 10px; margin-top: 8px; border-radius: 5px; background: #d8d8db; overflow: hidden }
    progress { display: block; width: 100%; height: 100%; border: 0; appearance: none; background: none }
    progress::-webkit-progress-bar { background: none }
    progress::-webkit-progress-value { background: #927200 }
    button.quiet {
      display: flex; flex: none; gap: 8px; align-items: center; justify-content: center; min-width: 48px;
      min-height: 48px; padding: 4px 12px; border-width: 1px; font-weight: 400; white-space: nowrap;
    }
    button.chosen { border-width: 3px; font-weight: 700; background: #e8f1fe }
    svg { flex: none; width: 28px; height: 28px }
    .names { display: flex; flex-wrap: wrap; gap: 8px }
    .names button.quiet { flex: 1 0 auto }
    .track + .names { margin-block: 16px }
    .buttons { display: flex; flex-wrap: wrap; gap: 16px; margin-top: 24px }
    button {
      flex: 1 1 300px; min-height: 72px; padding: 8px 20px; border-radius: 12px; font: inherit; font-weight: 700;
      line-height: 1.4; cursor: pointer; border: 2px solid #0017c1; background: #fff; color: #0017c1;
      text-wrap: balance;
    }
    button.primary { background: #0017c1; color: #fff }
    button.danger { border-color: #ce0000; color: #ce0000 }
    button:hover { text-decoration: underline; text-decoration-thickness: 3px; text-underline-offset: 4px }
    :is(button, input):focus-visible { outline: 4px solid #000; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
    label { display: block; margin-top: 20px; font-weight: 700 }
    input {
      display: block; width: 100%; min-height: 64px; margin-top: 4px; padding: 0 16px; border: 2px solid #767676;
      border-radius: 8px; font: inherit; color: inherit; background: #fff;
    }
    .missing { margin: 8px 0 0; color: #ce0000; font-weight: 700 }
    .missing:empty { display: none }
    aside {
      position: fixed; inset: auto 16px 16px auto; width: min(520px, calc(100vw - 32px)); height: auto; margin: 0;
      padding: 20px; border: 3px solid #0017c1; border-radius: 16px; box-shadow: 0 4px 24px rgb(0 0 0 / .3);
      font-size: 24px;
    }
    aside h1 { font-size: 26px }
    aside .names { margin-top: 12px }
    aside p { margin: 4px 0 0 }
    aside .buttons { margin-top: 16px }
    aside button { flex: 1 1 auto; min-height: 64px }
    @media (max-width: 600px) { .languages span { display: none } }
    @media (max-height: 600px) {
      dialog { max-height: calc(100vh - 16px) }
      dialog .head { padding: 6px 24px }
      .body { padding: 6px 24px 0 }
      h1 { font-size: 28px }
      p { margin-bottom: 4px; line-height: 1.5 }
      .buttons { gap: 10px; margin-top: 4px; padding: 12px 0 }
      .buttons button { min-height: 64px }
    }
    /* the answers stay in sight while the rest is scrolled beneath them */
    @media (min-height: 300px) {
      .buttons {
        position: sticky; bottom: 0; background: #fff; animation: more linear both; animation-timeline: scroll();
      }
    }
    @keyframes more { 0%, 90% { box-shadow: 0 -12px 12px -12px #000 } 98%, 100% { box-shadow: none } }
    @media (max-width: 400px) {
      dialog, aside { font-size: 18px }
      h1, aside h1 { font-size: 20px }
      dialog .head { padding: 8px 16px }
      .body { padding-inline: 16px }
      .buttons button { flex-basis: 100%; min-height: 64px }
    }
    @media (forced-colors: active) { button, dialog, aside, input { border: 2px solid CanvasText } }
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
    host.dir = "ltr"; // "all" leaves out the direction: a page that reads from right to left would turn it round
    for (const [name, value] of [
      ["all", "initial"], ["display", "block"], ["visibility", "visible"], ["opacity", "1"], ["pointer-events", "auto"],
    ]) host.style.setProperty(name, value, "important");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
    return [host, root];
  };
  const makeButton = (one, presses) => {
    const button = make("button", one.label, one.role);
    button.type = "button";
    presses.set(button, one.press);
    return button;
  };

  // The language button, and the list that it opens in the place of everything that could be answered.
  const GLOBE = "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z M2 12h20 M12 2c-7 6-7 14 0 20 M12 2c7 6 7 14 0 20";
  const globe = () => {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    const draw = (element, attributes) => {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    };
    draw(picture, { viewBox: "0 0 24 24", "aria-hidden": "true" });
    draw(path, { d: GLOBE, fill: "none", stroke: "currentColor", "stroke-width": "1.8" });
    picture.append(path);
    return picture;
  };
  const words = (view) => view.texts[view.language];
  const choose = (panel, language) => {
    panel.view.choosing = false;
    panel.view.language = language;
    refill(panel);
    say({ k: "language", language });
  };
  const openList = (panel, isOpen) => {
    panel.view.choosing = isOpen;
    refill(panel);
  };
  const languagesButton = (panel) => {
    const button = makeButton({ role: "quiet languages", press: () => openList(panel, true) }, panel.presses);
    button.setAttribute("aria-label", panel.view.languageButton);
    button.setAttribute("aria-haspopup", "true");
    button.lang = "ja";
    button.append(globe(), make("span", panel.view.languageButton));
    return button;
  };
  const namesOf = (panel) => {
    const { view, presses } = panel;
    const names = make("div", "", "names");
    for (const { code, tag, name } of view.languages) {
      const isChosen = code === view.language;
      const role = isChosen ? "quiet chosen" : "quiet";
      const button = makeButton({ label: name, role, press: () => choose(panel, code) }, presses);
      button.lang = tag;
      button.setAttribute("aria-pressed", String(isChosen));
      names.append(button);
    }
    names.append(makeButton({ label: words(view).back, role: "quiet", press: () => openList(panel, false) }, presses));
    return names;
  };
  const makeHead = (panel, text) => {
    const head = make("div", "", "head");
    const title = make("h1", text);
    title.id = "title";
    title.tabIndex = -1;
    head.append(title);
    if (panel.view.languages.length && !panel.view.choosing) head.append(languagesButton(panel));
    return [head, title];
  };
  const refill = (panel, takesFocus = true) => {
    panel.presses.clear();
    panel.fill(panel);
    if (takesFocus) panel.title.focus();
    panel.armedAt = performance.now() + ARM_AFTER_MS; // a press that was meant for the list answers nothing
  };

  // What is done in our elements is ours alone: the page would hear it first, at the window, and many a page swallows
  // every click and key outside its own dialog. We are there before it, and let nothing through.
  const pressed = (event, { root, presses, armedAt }) => {
    const at = event.detail ? root.elementFromPoint(event.clientX, event.clientY) : root.activeElement;
    const press = presses.get(at?.closest("button"));
    if (press && performance.now() >= armedAt) press();
  };
  const keyPressed = (event, panel) => {
    const { root } = panel;
    if (event.key === "Escape" && panel.view.choosing) openList(panel, false);
    // Enter is the key that people press without reading, Escape the one that they press to be rid of it
    if (event.key === "Escape" || (event.key === "Enter" && root.activeElement?.matches("button"))) event.preventDefault();
  };
  const touched = (event) => {
    const panel = [shown, nudged].find((one) => one && one.host === event.target);
    if (!panel) return;
    event.stopImmediatePropagation();
    if (!event.isTrusted) return;
    if (event.type === "click") pressed(event, panel);
    if (event.type === "keydown" && panel === shown) keyPressed(event, panel);
    else if (event.type === "keydown" && event.key === "Escape") closeNudge(); // it has not taken the focus: this is meant
  };
  const arm = () => {
    for (const type of [
      "click", "auxclick", "dblclick", "contextmenu", "keydown", "keypress", "keyup", "beforeinput", "input", "change",
      "pointerdown", "pointerup", "mousedown", "mouseup", "focusin", "focusout", "focus", "blur",
    ]) addEventListener(type, touched, { capture: true });
    for (const type of ["touchstart", "touchmove", "touchend", "wheel", "pointermove"])
      addEventListener(type, touched, { capture: true, passive: true });
  };
  // A page that draws itself anew takes the nudge away without meaning to.
  const keepNudge = () => {
    if (!nudged || nudged.host.isConnected || nudged.repairs >= MOST_REPAIRS || !document.documentElement) return;
    nudged.repairs += 1;
    document.documentElement.append(nudged.host);
    nudged.aside.showPopover();
  };
  let watchedRoot = null;
  const keeper = new MutationObserver(keepNudge);
  const watchRoot = () => {
    if (document.documentElement === watchedRoot) return;
    watchedRoot = document.documentElement;
    if (watchedRoot) keeper.observe(watchedRoot, { childList: true });
  };
  const renew = () => {
    arm(); // document.open() drops listeners
    watchRoot();
    keepNudge();
  };
  renew();
  new MutationObserver(renew).observe(document, { childList: true });

  const secondsLeft = (view) => Math.max(0, Math.ceil((view.until - performance.now()) / 1000));
  const countText = (view) => words(view).count.replace("{seconds}", secondsLeft(view));

  const paragraphs = (said) => {
    const wait = said.wait ? make("p", said.wait) : "";
    if (wait) wait.lang = said.tag;
    return [wait, ...[said.hint, said.ask].map((text) => (text ? make("p", text) : ""))].filter(Boolean);
  };

  const markField = (panel) => {
    const { view } = panel;
    const label = make("label", words(view).mark);
    const field = make("input");
    field.autocomplete = "off";
    field.maxLength = 16;
    field.value = view.typed || "";
    label.append(field);
    const missing = make("p", "", "missing");
    missing.setAttribute("role", "alert");
    Object.assign(panel, { field, missing });
    return [label, missing];
  };

  const answersOf = (panel) => {
    const { view, field, missing } = panel;
    const row = make("div", "", "buttons");
    view.answers.forEach((one, index) => {
      const press = () => {
        const mark = field ? field.value.trim() : "";
        if (one.mark && !mark) {
          missing.textContent = words(view).markMissing;
          field.focus();
          return;
        }
        say({ k: "warning_answer", answer: one.answer, mark });
      };
      row.append(makeButton({ label: words(view).labels[index], role: one.role, press }, panel.presses));
    });
    return row;
  };

  const fillWarning = (panel) => {
    const { view, dialog } = panel;
    const said = words(view);
    if (panel.field) view.typed = panel.field.value;
    panel.field = null;
    dialog.lang = view.choosing ? said.tag : said.lang;
    const [head, title] = makeHead(panel, view.choosing ? said.choose : said.title);
    const body = make("div", "", "body");
    const count = make("p", countText(view), "count");
    count.id = "count";
    count.lang = said.lang;
    const track = make("div", "", "track");
    track.setAttribute("aria-hidden", "true");
    const bar = make("progress");
    bar.max = view.seconds;
    track.append(bar);
    Object.assign(panel, { title, count, bar });
    if (view.choosing) body.append(count, track, namesOf(panel));
    else {
      body.append(...paragraphs(said), count, track, ...(view.needsMark ? markField(panel) : []));
      body.append(answersOf(panel));
    }
    dialog.replaceChildren(head, body);
    draw(panel);
  };

  const build = (view) => {
    const [host, root] = makeHost();
    const dialog = make("dialog");
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("closedby", "none");
    dialog.setAttribute("aria-labelledby", "title");
    dialog.setAttribute("aria-describedby", "count");
    const panel = { view, host, root, dialog, presses: new Map(), field: null, fill: fillWarning };
    fillWarning(panel);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    root.append(dialog);
    document.documentElement.append(host);
    const beneath = new Set(popovers());
    dialog.showModal();
    panel.title.focus();
    return Object.assign(panel, { beneath });
  };

  const popovers = () => [...document.querySelectorAll(":popover-open")];

  // Whether people can really see and press it: in its middle and on each of its buttons nothing lies above it. A
  // popover beside a modal dialog is not found at its place, because it can't be pressed, but it can lie above.
  const holds = ({ host, dialog, presses, beneath }) => {
    if (!host.isConnected || !dialog.open) return false;
    if (popovers().some((one) => !beneath.has(one))) return false;
    const all = dialog.getBoundingClientRect();
    const isSeen = (x, y) => document.elementFromPoint(x, y) === host;
    if (!isSeen(all.left + all.width / 2, all.top + all.height / 2)) return false;
    return [...presses.keys()].every((button) => {
      const box = button.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      return y > all.bottom || y < all.top || isSeen(x, y); // scrolled out of a small window: nobody covers it there
    });
  };

  const draw = ({ view, count, bar }) => {
    const text = countText(view);
    if (count.textContent !== text) count.textContent = text;
    bar.value = Math.max(0, (view.until - performance.now()) / 1000);
  };

  const watch = () => {
    if (!shown) return;
    const { view } = shown;
    if (shown.field) view.typed = shown.field.value;
    if (holds(shown)) {
      draw(shown);
      if (document.activeElement !== shown.host) (shown.focused || shown.title).focus(); // a frame took the keys
      shown.focused = shown.root.activeElement;
      if (!shown.said) {
        shown.said = true;
        say({ k: "warning_shown" });
      }
    } else {
      shown.host.remove();
      shown.repairs += 1;
      const { repairs, said, armedAt } = shown;
      if (repairs === MOST_REPAIRS) say({ k: "warning_fought" });
      if (document.documentElement) shown = Object.assign(build(view), { repairs, said, armedAt });
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
    const gone = nudged;
    nudged = null;
    if (gone) gone.host.remove();
  };
  const closeNudge = () => {
    unnudge();
    say({ k: "nudge_closed" });
  };

  const fillNudge = (panel) => {
    const { view, aside, presses } = panel;
    const said = words(view);
    aside.lang = said.tag;
    const [head, title] = makeHead(panel, view.choosing ? said.choose : said.title);
    panel.title = title;
    if (view.choosing) {
      aside.replaceChildren(head, namesOf(panel));
      return;
    }
    const row = make("div", "", "buttons");
    row.append(
      makeButton({ label: said.button, role: "primary", press: () => say({ k: "nudge_logout" }) }, presses),
      makeButton({ label: said.close, press: closeNudge }, presses),
    );
    aside.replaceChildren(head, make("p", said.text), row);
  };

  return {
    show(view) {
      hide();
      unnudge();
      arm();
      view.until = performance.now() + view.seconds * 1000;
      shown = Object.assign(build(view), { repairs: 0, said: false, armedAt: performance.now() + ARM_AFTER_MS });
      watch();
      return true;
    },
    hide() {
      hide();
      return true;
    },
    nudge(view) {
      if (shown) return false;
      unnudge();
      arm();
      const [host, root] = makeHost();
      const aside = make("aside");
      aside.setAttribute("role", "status");
      aside.popover = "manual"; // above everything of the page, and yet the page can be used
      const armedAt = performance.now() + ARM_AFTER_MS;
      nudged = { view, host, root, aside, presses: new Map(), repairs: 0, armedAt, fill: fillNudge };
      fillNudge(nudged);
      root.append(aside);
      document.documentElement.append(host);
      aside.showPopover();
      return true;
    },
    unnudge() {
      unnudge();
      return true;
    },
    // chosen elsewhere: in another page, or in the native window
    language(code) {
      for (const panel of [shown, nudged]) {
        if (!panel || panel.view.language === code || !panel.view.texts[code]) continue;
        panel.view.language = code;
        refill(panel, panel === shown); // the nudge must not take the keys from somebody who types
      }
      return true;
    },
    state: () => ({
      warning: Boolean(shown) && holds(shown),
      armed: Boolean(shown || nudged) && performance.now() >= (shown || nudged).armedAt,
      repairs: shown ? shown.repairs : 0,
      nudge: Boolean(nudged) && nudged.host.isConnected,
    }),
  };
})();
