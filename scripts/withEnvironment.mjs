// `node scripts/withEnvironment.mjs FILE COMMAND [arguments]`: runs a command with the variables of a JSON file added to this
// process's own. For a Functions host that is to run the app beside `npm run local -- --external-host`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [file, command, ...args] = process.argv.slice(2);
if (file === undefined || command === undefined) {
  console.error('Usage: node scripts/withEnvironment.mjs FILE COMMAND [arguments]');
  process.exitCode = 2;
} else {
  const added = JSON.parse(readFileSync(file, 'utf8'));
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...added } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    if (signal) console.error(`${command} was ended by ${signal}.`);
    process.exitCode = code ?? 1;
  });
}
