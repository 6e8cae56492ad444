// Puts a content security policy on the document before any script of it runs: what it names about connections holds
// for the document, for what is written into its frames, and for workers that it makes of its own text. The element is
// gone at once; the policy stays.
(() => {
  let guarded = null;
  const put = () => {
    if (document === guarded || document.head === null) return;
    guarded = document;
    watch.disconnect();
    const policy = document.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = __POLICY__;
    document.head.prepend(policy);
    policy.remove();
  };
  // the parser lets observers run before each script, and there is a head before there can be one
  const watch = new MutationObserver(put);
  watch.observe(document, { childList: true, subtree: true });
  put();
  if (location.href !== "about:blank") return;
  // A window that has been empty so far is kept for its first page, where that has the same origin (HTML: "initial
  // about:blank"): nothing runs anew in it then, and that page has no policy yet. So it gets one just in time.
  for (const name of ["WebSocket", "Worker", "SharedWorker"]) {
    globalThis[name] = new Proxy(globalThis[name], {
      construct(target, given, made) {
        put();
        return Reflect.construct(target, given, made);
      },
    });
  }
})();
