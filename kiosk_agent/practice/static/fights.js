'use strict';
// Whatever the page did not bring along is removed; while there is something, the page's own modal is put on top of it
// again and again, and the focus is taken back. Left alone, it goes quiet after a second, so that the page stays usable.
{
  const own = new Set(document.querySelectorAll('*'));
  const modal = document.getElementById('own-modal');
  const field = document.getElementById('own-focus');
  modal.querySelector('button').addEventListener('click', () => modal.close());
  let foreignAt = -Infinity;
  let removed = 0;

  const sweep = () => {
    for (const node of document.querySelectorAll('html > *, body > *')) {
      if (own.has(node)) continue;
      node.remove();
      removed += 1;
      document.documentElement.dataset.removed = String(removed);
      foreignAt = performance.now();
    }
  };
  const fight = () => {
    sweep();
    if (performance.now() - foreignAt > 1000) {
      if (modal.open) modal.close();
      return;
    }
    if (modal.open) modal.close();
    modal.showModal();
    field.focus();
    modal.querySelector('button').focus();
  };
  new MutationObserver(sweep).observe(document, {childList: true, subtree: true});
  setInterval(fight, 50);
}
