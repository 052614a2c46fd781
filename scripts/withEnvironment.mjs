// `node scripts/withEnvironment.mjs FILE COMMAND [arguments]`: runs a command with the variables of a file added to this process's own:
// a JSON object (*.json), or lines NAME=value. For a Functions host that is to run the app beside `npm run local -- --external-host`
// (app.env.json), and for a device agent by hand (device.env).
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { parseEnv } from 'node:util';
import { helpFirst } from './command/flags.mjs';

const USAGE = 'Usage: node scripts/withEnvironment.mjs FILE COMMAND [arguments]';

/** @throws {Error} for the user */
function variablesOf(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${error.code}). Is npm run local up, with this data folder?`, {
      cause: error,
    });
  }
  if (!file.endsWith('.json')) return parseEnv(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON.`, { cause: error });
  }
}

function run(added, command, args) {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...added } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    if (signal) console.error(`${command} was ended by ${signal}.`);
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

helpFirst(USAGE);

const [file, command, ...args] = process.argv.slice(2);
if (file === undefined || command === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    run(variablesOf(file), command, args);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
