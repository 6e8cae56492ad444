// Runs in a world of its own. Tells the agent what stands in the fields that the profile names, and nothing of others.
//
// While a page is being left, nothing can be asked of it any more. So it is told beforehand: at each change of a field,
// and at each press, before the page itself hears of that. It may then empty its form, or send it in whatever way.
(() => {
  if (globalThis.__kiosk_form) return;
  const rules = __RULES__; // selectors of each rule's fields
  const document_id = Math.random().toString(36);
  const say = (message) => {
    try {
      __kiosk_post(JSON.stringify({ k: "form", document: document_id, ...message }));
    } catch {
      // the agent has let go of this page
    }
  };
  const find = (root, selector) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && find(element.shadowRoot, selector);
      if (inside) return inside;
    }
    return null;
  };
  const read = (selectors) => {
    const texts = [];
    for (const selector of selectors) {
      const element = find(document, selector);
      if (!element) return null;
      texts.push("value" in element ? String(element.value) : element.textContent);
    }
    return texts.length ? texts : null;
  };
  const told = rules.map(() => "null");
  const tell = () => {
    rules.forEach((selectors, rule) => {
      const texts = read(selectors);
      if (texts && JSON.stringify(texts) !== told[rule]) {
        told[rule] = JSON.stringify(texts);
        say({ rule, texts });
      }
    });
  };
  const heard = (event) => {
    if (event.type !== "keydown" || event.key === "Enter") tell();
  };
  const arm = () => {
    for (const type of ["input", "change", "pointerdown", "click", "keydown", "submit"])
      addEventListener(type, heard, { capture: true, passive: true });
  };
  new MutationObserver(arm).observe(document, { childList: true }); // document.open() drops listeners
  arm();
  addEventListener("pagehide", () => say({ gone: true }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      told.fill("null");
      tell();
    }
  });
  say({ begins: window === window.top });
  globalThis.__kiosk_form = { read: (rule) => read(rules[rule]) };
})();
