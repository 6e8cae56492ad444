'use strict';
// Signed in is who has the token: it is kept in localStorage and sent by script; there is no cookie.
{
  const KEY = 'practice-token';
  const app = document.getElementById('app');
  const byId = id => document.getElementById(id);

  const view = (name, address) => {
    app.replaceChildren(byId(`${name}-view`).content.cloneNode(true));
    if (location.pathname !== address) history.pushState(null, '', address);
  };
  const ask = async (method, path, body) => {
    const headers = {'Content-Type': 'application/json'};
    const token = localStorage.getItem(KEY);
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    return fetch(path, {method, headers, body: body === undefined ? undefined : JSON.stringify(body)});
  };
  const fieldsOf = form => Object.fromEntries(new FormData(form));

  const signIn = () => {
    view('sign-in', '/app');
    byId('sign-in-form').addEventListener('submit', async event => {
      event.preventDefault();
      const answer = await ask('POST', '/api/sign-in', fieldsOf(event.target));
      if (!answer.ok) { byId('sign-in-error').hidden = false; return; }
      localStorage.setItem(KEY, (await answer.json()).token);
      await account();
    });
  };
  const account = async () => {
    const answer = await ask('GET', '/api/account');
    if (answer.status === 401) { localStorage.removeItem(KEY); signIn(); return; }
    if (!answer.ok) return;
    const data = await answer.json();
    view('account', '/app/account');
    for (const id of ['account-name', 'menu-account-name']) byId(id).textContent = data.name;
    byId('account-kana').textContent = data.kana;
    byId('notice').textContent = data.notice;
    byId('registered').replaceChildren(...data.registered.map(row =>
      Object.assign(document.createElement('li'), {textContent: row.join(' ')})));
    byId('menu-log-out').addEventListener('click', askLogOut);
    byId('registration-form').addEventListener('submit', register);
  };
  const register = async event => {
    event.preventDefault();
    const answer = await ask('POST', '/api/registrations', fieldsOf(event.target));
    if (!answer.ok) { byId('answer-error').hidden = false; return; }
    view('done', '/app/done');
    byId('back').addEventListener('click', account);
  };
  const askLogOut = () => {
    view('log-out', '/app/account');
    byId('stay').addEventListener('click', account);
    byId('confirm-log-out').addEventListener('click', async () => {
      const answer = await ask('POST', '/api/sign-out');
      if (!answer.ok) { byId('log-out-error').hidden = false; return; }
      localStorage.removeItem(KEY);
      view('signed-out', '/app');
    });
  };

  if (localStorage.getItem(KEY) === null) signIn(); else account();
}
