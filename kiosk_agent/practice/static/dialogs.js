'use strict';
{
  const say = value => { document.getElementById('dialog-answer').textContent = String(value); };
  document.getElementById('alert').addEventListener('click', () => { alert('お知らせがあります。'); say('閉じました'); });
  document.getElementById('confirm').addEventListener('click', () => say(confirm('続けますか。')));
  document.getElementById('prompt').addEventListener('click', () => say(prompt('番号を入力してください。')));
  // Asked only once somebody has touched the page.
  addEventListener('beforeunload', event => event.preventDefault());
  const afterS = document.body.dataset.alertAfterS;
  if (afterS !== undefined) setTimeout(() => alert('まもなく終了します。'), Number(afterS) * 1000);
}
