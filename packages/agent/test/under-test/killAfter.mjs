// `node --import killAfter.mjs`: kills the process, as a power failure or kill -9 would, before the step KILL_AT of
// what changes the disk or talks to the app; a write is half done by then. Plain JavaScript, since Node loads it before
// the program.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

const at = Number(process.env.KILL_AT);
let steps = 0;

/** @param {() => void} [halfDone] */
function step(halfDone) {
  steps += 1;
  if (steps !== at) return;
  halfDone?.();
  process.kill(process.pid, 'SIGKILL');
}

/** Makes a call of these functions a step. */
function counted(object, names, halfDoneOf = () => undefined) {
  for (const name of names) {
    const original = object[name];
    object[name] = function (...args) {
      step(halfDoneOf(this, args));
      return original.apply(this, args);
    };
  }
}

const handle = await promises.open(fileURLToPath(import.meta.url));
const { constructor: FileHandle } = handle;
await handle.close();
counted(promises, ['mkdir', 'open', 'rename', 'rm', 'link']);
counted(FileHandle.prototype, ['sync']);
counted(
  FileHandle.prototype,
  ['writeFile'],
  ({ fd }, [text]) =>
    () =>
      fs.writeSync(fd, text.slice(0, text.length / 2)),
);
syncBuiltinESMExports();

const send = globalThis.fetch;
globalThis.fetch = async (url, ...args) => {
  // An agent that asks for messages does so without end.
  if (new URL(url).pathname === '/api/devices/messages') return send(url, ...args);
  step();
  const answer = await send(url, ...args);
  step();
  return answer;
};
