// `node --import killHost.mjs`, for the local Functions host: kills it, as kill -9 would, before the n-th step of a
// kind of what a request of a device makes it do. A step is a request that came, a write to the journal, half of which
// is done, its sync, what follows the sync, a call to Azure, its answer, and an answer to the device. Plain JavaScript,
// since Node loads it before the program.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * A file with the name of an order, a kind of steps, and the number of the step. Nothing counts while it is not there.
 */
const order = process.env.NODE_KILL_ORDER;
/** A file to which each step adds its kind. */
const taken = `${order}.taken`;
const { appendFileSync, readFileSync, unlinkSync } = fs;
/** The order that is being carried out, and the steps of its kind so far. */
let current = { name: '', count: 0 };

/** @param {string} kind @param {() => void} [halfDone] */
function step(kind, halfDone) {
  let ordered;
  try {
    ordered = readFileSync(order, 'utf8').split(' ');
  } catch {
    return;
  }
  appendFileSync(taken, `${kind}\n`);
  const [name, which, nth] = ordered;
  if (which !== kind) return;
  if (current.name !== name) current = { name, count: 0 };
  current.count += 1;
  if (current.count < Number(nth)) return;
  try {
    unlinkSync(order);
  } catch {
    // It was withdrawn at this very moment.
    return;
  }
  halfDone?.();
  process.kill(process.pid, 'SIGKILL');
}

const isOfDevice = (path = '') => /^\/api\/(enrolments\/redeem|devices\/|pull-checks\/|promotions\/)/.test(path);

const { writeSync } = fs;
fs.writeSync = function (descriptor, content, ...more) {
  step('write', () => {
    if (typeof content === 'string') writeSync(descriptor, content.slice(0, content.length / 2), ...more);
    else writeSync(descriptor, content.subarray(more[0] ?? 0).subarray(0, content.length / 2));
  });
  return writeSync.call(this, descriptor, content, ...more);
};

const handle = await promises.open(fileURLToPath(import.meta.url));
const { prototype } = handle.constructor;
await handle.close();
const { datasync } = prototype;
prototype.datasync = async function () {
  step('sync');
  await datasync.call(this);
  step('synced');
};

const emit = Reflect.get(http.Server.prototype, 'emit');
http.Server.prototype.emit = function (event, ...args) {
  if (event === 'request' && isOfDevice(args[0].url)) step('request');
  return emit.call(this, event, ...args);
};
const end = Reflect.get(http.ServerResponse.prototype, 'end');
http.ServerResponse.prototype.end = function (...args) {
  if (isOfDevice(this.req?.url)) step('answer');
  return end.apply(this, args);
};

const { request } = https;
https.request = function (...args) {
  step('call');
  const sent = request.apply(this, args);
  sent.once('response', () => step('called'));
  return sent;
};
syncBuiltinESMExports();
