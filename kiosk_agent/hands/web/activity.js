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
  // A mouse that trembles by itself is nobody: it must get away from where it was. As in sensors/input/noise.py.
  const REACH_PX = 12;
  const SPAN_MS = 3000;
  let place = null;
  const moved = (event) => {
    const now = performance.now();
    const { screenX: x, screenY: y } = event;
    const away = place !== null && Math.hypot(x - place.x, y - place.y) >= REACH_PX;
    if (place === null || away || now - place.since > SPAN_MS) place = { x, y, since: now };
    if (away || event.pointerType !== "mouse") touched(event);
  };
  const arm = () => {
    addEventListener("pointermove", moved, { capture: true, passive: true });
    for (const type of ["pointerdown", "keydown", "wheel", "touchstart", "input"])
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
