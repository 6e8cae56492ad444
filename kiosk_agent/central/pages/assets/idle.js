// Warns before the session ends for idleness. What counts is when the server was last asked, not the mouse.
"use strict";
(() => {
  const box = document.getElementById("idle");
  if (!box) return;
  const idle = Number(box.dataset.idle) * 1000, warn = Number(box.dataset.warn) * 1000;
  const left = document.getElementById("idle-left"), stay = document.getElementById("idle-stay");
  const others = new BroadcastChannel("kiosk-central");  // pages of the same session in other tabs
  let asked = Date.now();
  const begin = () => {
    asked = Date.now();
    if (box.open) box.close();
  };
  others.onmessage = begin;
  others.postMessage("asked");
  const post = (address) =>
    fetch(address, { method: "POST", headers: { "X-CSRF-Token": box.dataset.csrf }, redirect: "manual" });
  stay.addEventListener("click", async () => {
    let answer = null;
    try {
      answer = await post("/stay");
    } catch { /* no network: the countdown goes on, and says the truth */ }
    if (answer === null || answer.status >= 500) return;  // it may go better in a moment
    if (!answer.ok) return location.replace("/login");  // there is no session any more
    begin();
    others.postMessage("asked");
  });
  box.addEventListener("cancel", (event) => event.preventDefault());  // Esc is no answer
  let over = false;
  const end = async () => {
    over = true;
    let further = null;  // where one signs out of the provider that has opened the session
    try {
      const page = await (await post("/logout")).text();  // the server may give the session a minute more
      further = new DOMParser().parseFromString(page, "text/html").getElementById("further")?.href;
    } catch { /* no network: the server ends it by itself */ }
    location.replace(further ?? "/login?idle=1");  // nothing of the page stays on the screen
  };
  const look = () => {
    if (over) return;
    const remains = asked + idle - Date.now();
    if (remains <= 0) return void end();
    if (remains > warn) return;
    if (!box.open) box.showModal();
    left.textContent = box.dataset.left.replace("{}", Math.ceil(remains / 1000));
  };
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);  // timers of hidden pages are late
})();
