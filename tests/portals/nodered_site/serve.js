'use strict';
// A Node-RED on a free port of 127.0.0.1, with the people named in KIOSK_TEST_PEOPLE and its files in KIOSK_TEST_DATA.
// KIOSK_TEST_NODE_RED: its own folder. Prints its address; ends when its input ends.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {createRequire} = require('node:module');

const data = process.env.KIOSK_TEST_DATA;
const load = createRequire(path.join(process.env.KIOSK_TEST_NODE_RED, 'package.json'));
const RED = load('node-red');
const express = load('express');
const people = new Map(JSON.parse(process.env.KIOSK_TEST_PEOPLE).map(person => [person.user, person]));
const known = user => (people.has(user) ? {username: user, permissions: '*'} : null);

// Each person's data is a tab of the flows; both may read all of them: Node-RED has no rows of its own per user.
fs.writeFileSync(path.join(data, 'flows.json'), '[{"id": "tab", "type": "tab", "label": "practice"}]');

const app = express();
const server = http.createServer(app);
RED.init(server, {
  userDir: data,
  flowFile: 'flows.json',
  httpAdminRoot: '/',
  httpNodeRoot: false,
  credentialSecret: 'of the tests',
  logging: {console: {level: 'off', metrics: false, audit: false}},
  telemetry: {enabled: false, updateNotification: false}, // it would ask the Internet
  editorTheme: {
    tours: false,
    palette: {catalogues: []},
    codeEditor: {lib: 'ace'},
    projects: {enabled: false},
  },
  externalModules: {palette: {allowInstall: false}, modules: {allowInstall: false}},
  adminAuth: {
    type: 'credentials',
    users: async user => known(user),
    authenticate: async (user, password) => (people.get(user)?.password === password ? known(user) : null),
  },
});
// Node-RED 4.1 answers a second time where a browser stops loading a file of its debug sidebar (21-debug.js), and the
// error ends the whole portal: somebody who leaves a page early would take it from everybody.
app.use('/debug/view', (request, response, next) => {
  const answer = response.sendStatus;
  response.sendStatus = status => (response.headersSent ? response : answer.call(response, status));
  next();
});
app.use('/', RED.httpAdmin);
server.listen(0, '127.0.0.1', async () => {
  await RED.start();
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.stdin.on('end', async () => {
  await RED.stop();
  process.exit(0);
}).resume();
