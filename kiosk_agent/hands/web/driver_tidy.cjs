// Loaded into Playwright's driver, never into a page: once a burst of work is over, the driver gives back the memory
// that it took. V8 alone keeps it, as nothing on an idle desk ever asks it to collect. Needs node --expose-gc.
"use strict";

const { PerformanceObserver, performance } = require("node:perf_hooks");

const QUIET_MS = 3000; // longer than the pauses within a sign-in or a logout: nobody waits for the 50 ms it takes

let timer;
let tidiedAt = 0;

function tidy() {
  globalThis.gc({ type: "major", execution: "sync", flavor: "last-resort" });
  tidiedAt = performance.now();
}

// V8 collects a little by itself only while the driver works: that is the sign of work, and costs nothing at rest
new PerformanceObserver((list) => {
  if (list.getEntries().every((entry) => entry.startTime <= tidiedAt)) return; // our own collecting
  clearTimeout(timer);
  timer = setTimeout(tidy, QUIET_MS);
  timer.unref(); // must not keep the driver alive
}).observe({ entryTypes: ["gc"] });
