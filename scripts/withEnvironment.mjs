// `node scripts/withEnvironment.mjs FILE COMMAND [arguments]`: runs a command with the variables of a file added to
// this process's own: a JSON object (*.json), or lines NAME=value. For a Functions host that is to run the app beside
// `npm run local -- --external-host` (app.env.json), and for a device agent by hand (device.env).
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { codeOf, exitCodeOf, messageOf } from './command/errors.mjs';
import { helpFirst } from './command/flags.mjs';

const USAGE = 'Usage: node scripts/withEnvironment.mjs FILE COMMAND [arguments]';

/**
 * @param {string} file
 * @returns {NodeJS.Dict<string>}
 * @throws {Error} for the user
 */
function variablesOf(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${codeOf(error)}). Is npm run local up, with this data folder?`, {
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

/**
 * @param {NodeJS.Dict<string>} added variables
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(added, command, args) {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...added } });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    if (signal) console.error(`${command} was ended by ${signal}.`);
    process.exitCode = exitCodeOf(code, signal);
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
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
