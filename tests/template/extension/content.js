// Between the portal's page, which may ask for a signature, and the worker, which may ask the native program.
addEventListener('message', event => {
  if (event.source !== window) return;
  if (event.data.ask) chrome.runtime.sendMessage({ask: event.data.ask}, answer => postMessage(answer, location.origin));
  if (!event.data.sign) return;
  chrome.runtime.sendMessage({challenge: event.data.sign}, answer =>
    postMessage({signed: answer || {error: chrome.runtime.lastError.message}}, location.origin));
});
