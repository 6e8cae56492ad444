// Loaded into Playwright's driver, never into a page: what residents send, such as passwords, stays in there.
//
// The driver tells its client about every request, with the body. The agent needs to know at most whether it is the
// same body again: it gets a keyed digest in the place of the body, and the key ends with this process.
"use strict";

const { createHmac, randomBytes } = require("node:crypto");

const REPORTS = "https://refused.invalid/"; // what a worker's policy held back, told by the browser (hands/borders.py)
const key = randomBytes(32);
const stringify = JSON.stringify;

function digest(body) {
  return createHmac("sha256", key).update(body).digest("base64");
}

function requestWithoutBody(request) {
  if (request.url === REPORTS) return request;
  const { postData, postDataEntries, ...rest } = request;
  return rest;
}

// What is told: a new object of the client's (https://github.com/microsoft/playwright, protocol.yml), or an event of
// the DevTools protocol that somebody listens to. Others read the same objects, so these are copies.
function withoutBodies(message) {
  const { method, params } = message;
  if (method === "__create__" && params.initializer?.postData !== undefined) {
    const initializer = { ...params.initializer, postData: digest(params.initializer.postData) };
    return { ...message, params: { ...params, initializer } };
  }
  if (method === "event" && params.params?.request !== undefined) {
    const inner = { ...params.params, request: requestWithoutBody(params.params.request) };
    return { ...message, params: { ...params, params: inner } };
  }
  return message;
}

// Only messages to the client name one of its objects; those to the browser do not.
JSON.stringify = (value, ...how) => {
  const toClient = typeof value?.guid === "string" && typeof value.method === "string";
  return stringify(toClient ? withoutBodies(value) : value, ...how);
};
