'use strict';
{
  const main = document.querySelector('main');
  const part = (tag, values, ...children) => {
    const node = Object.assign(document.createElement(tag), values);
    node.append(...children);
    return node;
  };
  const show = account => {
    document.getElementById('loading').remove();
    const menu = part('details', {id: 'menu'}, part('summary', {id: 'menu-button', textContent: 'メニュー'}),
      part('nav', {}, part('strong', {id: 'menu-account-name', textContent: account.name}), part('p', {},
        part('a', {id: 'menu-log-out', href: '/logout', textContent: 'ログアウト'}))));
    const who = part('p', {className: 'who'}, part('span', {id: 'account-name', textContent: account.name}));
    document.querySelector('header').append(part('div', {className: 'corner'}, who, menu));
    const rows = account.registered.map(row => part('li', {textContent: row.join(' ')}));
    main.prepend(part('h1', {textContent: 'マイページ'}), part('p', {id: 'account-kana', textContent: account.kana}), part('p', {id: 'notice', textContent: account.notice}),
      part('ul', {id: 'registered'}, ...rows),
      part('p', {}, part('a', {id: 'to-register', className: 'button', href: '/register', textContent: '口座を登録する'})));
  };
  setTimeout(async () => {
    const answer = await fetch('/api/account');
    if (answer.ok) show(await answer.json());
    else location.replace('/sign-in?next=/account');
  }, Number(document.body.dataset.afterS) * 1000);
}
