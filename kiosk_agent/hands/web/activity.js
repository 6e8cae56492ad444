// Runs in a world of its own: the page can neither see nor call it. Trusted input only, at most once a second.
(() => {
  if (globalThis.__kiosk_armed) return;
  globalThis.__kiosk_armed = true;
  const say = (message) => {
    try {
      __kiosk_post(JSON.stringify(message));
    } catch {
      // the agent has let go of this page
    }
  };
  let last = -1e9;
  const touched = (event) => {
    if (!event.isTrusted) return;
    const now = performance.now();
    if (now - last < 1000) return;
    last = now;
    say({ k: "activity" });
  };
  const arm = () => {
    for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input"])
      addEventListener(type, touched, { capture: true, passive: true });
  };
  let due = 0;
  const changed = () => {
    if (due) return;
    due = setTimeout(() => {
      due = 0;
      say({ k: "changed" });
    }, 250);
  };
  const watch = new MutationObserver(changed);
  const watchAll = () => {
    arm(); // document.open() drops listeners; adding the same one twice changes nothing
    watch.disconnect();
    watch.observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["class", "hidden", "open", "value"],
    });
    changed();
  };
  new MutationObserver(watchAll).observe(document, { childList: true });
  addEventListener("storage", changed);
  watchAll();
})();
