// Loaded into Playwright's driver, never into a page, to keep it small. Needs node --expose-gc.
"use strict";

const module_ = require("node:module");
const { PerformanceObserver, performance } = require("node:perf_hooks");

const QUIET_MS = 3000; // longer than the pauses within a sign-in or a logout: nobody waits for the 50 ms it takes

// V8 keeps a program's text as long as it runs, with two bytes a letter if a single letter of it is beyond Latin-1: a
// few dashes in the driver's comments cost 7 MiB. Written as escapes they mean the same.
function narrow(text) {
  const escape = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return Buffer.from(text.replace(/[^\x00-\xff]/g, escape), "latin1").toString("latin1");
}

// not in every Node.js that somebody may give to the driver
module_.registerHooks?.({
  load(url, context, next) {
    const loaded = next(url, context);
    const isProgram = typeof loaded.source === "string" && url.endsWith(".js");
    return isProgram ? { ...loaded, source: narrow(loaded.source) } : loaded;
  },
});

let timer;
let tidiedAt = 0;

function tidy() {
  globalThis.gc({ type: "major", execution: "sync", flavor: "last-resort" });
  tidiedAt = performance.now();
}

// Once a burst of work is over, give back what it took: V8 alone keeps it, as nothing on an idle desk makes it collect.
// While the driver works V8 collects a little by itself: that is the sign of work, and costs nothing at rest.
new PerformanceObserver((list) => {
  if (list.getEntries().every((entry) => entry.startTime <= tidiedAt)) return; // our own collecting
  clearTimeout(timer);
  timer = setTimeout(tidy, QUIET_MS);
  timer.unref(); // must not keep the driver alive
}).observe({ entryTypes: ["gc"] });
