// oidc-provider on a free port of 127.0.0.1. Prints its issuer; ends when its input ends.
// OIDC_TEST_FOLDER: where it is installed; OIDC_TEST_PEOPLE: claims by login (any password is taken); OIDC_TEST_CENTRAL:
// the address of central; OIDC_TEST_TLS: a folder with key.pem and certificate.pem, for https.
// POST /tests changes what it does from then on: see `mode`.
import {createPublicKey, generateKeyPairSync, randomUUID} from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const load = createRequire(path.join(process.env.OIDC_TEST_FOLDER, 'package.json'));
console.warn = console.info = () => {}; // that it is not set up for production
const {default: Provider} = await import(pathToFileURL(load.resolve('oidc-provider')));
const {SignJWT, UnsecuredJWT, decodeJwt} = await import(pathToFileURL(load.resolve('jose')));

const people = JSON.parse(process.env.OIDC_TEST_PEOPLE);
const central = process.env.OIDC_TEST_CENTRAL;
const tls = process.env.OIDC_TEST_TLS;
const newKey = () => ({...generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({format: 'jwk'}),
  kid: randomUUID(), use: 'sig', alg: 'RS256'});

// token: {claims to set (null: to take out), shift: seconds to add, key: own | strange | none | public}; answer: [status,
// text] in place of its own at a path; discovery: fields to set; rotate: new keys at once.
let mode = {}, issuer, key, current;

function make() {
  key = newKey();
  const provider = new Provider(issuer, {
    jwks: {keys: [key]},
    cookies: {keys: ['of the tests']},
    clients: [{
      client_id: 'kiosk-central', client_secret: 'a secret: of +tests & more', grant_types: ['authorization_code'],
      redirect_uris: [`${central}/login/provider/return`], post_logout_redirect_uris: [`${central}/login`],
    }],
    claims: {openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['preferred_username']},
    acrValues: ['urn:office:one', 'urn:office:two'],
    pkce: {required: () => true},
    findAccount: async (ctx, login) => ({accountId: login, claims: async () => ({...people[login], sub: login})}),
    loadExistingGrant: async ctx => { // nobody is asked for consent: central is the office's own
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  provider.use(async (ctx, next) => {
    if (ctx.method === 'POST' && ctx.path.startsWith('/interaction/')) return signIn(provider, ctx);
    await next();
    if (ctx.path.endsWith('openid-configuration') && mode.discovery) ctx.body = {...ctx.body, ...mode.discovery};
    if (ctx.path === '/token' && mode.token && ctx.body.id_token) ctx.body.id_token = await forge(ctx.body.id_token);
  });
  current = provider.callback();
}

// Any password is taken; whoever gives a code as well has a second factor.
async function signIn(provider, ctx) {
  let told = '';
  for await (const piece of ctx.req) told += piece;
  const form = new URLSearchParams(told);
  const how = form.get('code') ? {acr: 'urn:office:two', amr: ['pwd', 'otp', 'mfa']} : {acr: 'urn:office:one', amr: ['pwd']};
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, {login: {accountId: form.get('login'), ...how}});
}

async function forge(told) {
  const claims = {...decodeJwt(told), ...mode.token.claims};
  for (const [name, seconds] of Object.entries(mode.token.shift ?? {})) claims[name] += seconds;
  for (const name of Object.keys(claims)) if (claims[name] === null) delete claims[name];
  if (mode.token.key === 'none') return new UnsecuredJWT(claims).encode();
  const header = {alg: 'RS256', kid: key.kid};
  if (mode.token.key === 'public') { // HMAC with what everybody knows
    const known = createPublicKey({key, format: 'jwk'}).export({type: 'spki', format: 'pem'});
    return new SignJWT(claims).setProtectedHeader({alg: 'HS256', kid: key.kid}).sign(Buffer.from(known));
  }
  const {createPrivateKey} = await import('node:crypto');
  const chosen = createPrivateKey({key: mode.token.key === 'strange' ? newKey() : key, format: 'jwk'});
  return new SignJWT(claims).setProtectedHeader(header).sign(chosen);
}

async function answer(request, response) {
  if (request.url === '/tests') {
    let told = '';
    for await (const piece of request) told += piece;
    mode = JSON.parse(told);
    if (mode.rotate) make();
    return response.end();
  }
  const given = mode.answer?.[request.url.split('?')[0]];
  if (given) return response.writeHead(given[0], {'Content-Type': 'text/html'}).end(given[1]);
  return current(request, response);
}

const read = name => fs.readFileSync(path.join(tls, name));
const server = tls ? https.createServer({key: read('key.pem'), cert: read('certificate.pem')}, answer)
  : http.createServer(answer);
server.listen(0, '127.0.0.1', () => {
  issuer = `${tls ? 'https' : 'http'}://localhost:${server.address().port}`; // not 127.0.0.1: another site than central
  make();
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
