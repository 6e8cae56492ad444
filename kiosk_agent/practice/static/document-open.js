'use strict';
document.getElementById('rewrite').addEventListener('click', async () => {
  const text = await (await fetch(location.href)).text();
  document.open();
  document.write(text);
  document.close();
});
