// Runs in a world of its own: tells the agent what the policy of sockets.js has held back, also before this ran.
(() => {
  if (globalThis.__kiosk_refusals) return;
  const tell = (reports) => {
    for (const { body } of reports) {
      if (body.originalPolicy !== __POLICY__) continue; // the portal's own
      try {
        __kiosk_post(JSON.stringify({ k: "refused", url: body.blockedURL }));
      } catch {
        return; // the agent has let go of this page
      }
    }
  };
  globalThis.__kiosk_refusals = new ReportingObserver(tell, { types: ["csp-violation"], buffered: true });
  globalThis.__kiosk_refusals.observe();
})();
