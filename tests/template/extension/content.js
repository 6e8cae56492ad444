// Between the portal's page, which may ask for a signature, and the worker, which may ask the native program.
addEventListener('message', event => {
  if (event.source !== window || !event.data.sign) return;
  chrome.runtime.sendMessage({challenge: event.data.sign}, answer =>
    postMessage({signed: answer || {error: chrome.runtime.lastError.message}}, location.origin));
});
