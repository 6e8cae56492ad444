'use strict';
// The renderer never answers again: nothing in this page can be clicked, asked or repainted.
{
  const loop = () => { for (;;); };
  document.getElementById('loop').addEventListener('click', loop);
  const afterS = document.body.dataset.loopAfterS;
  if (afterS !== undefined) setTimeout(loop, Number(afterS) * 1000);
}
