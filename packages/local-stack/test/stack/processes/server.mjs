// Stands for one of the local processes: `node server.mjs MODE FILE`. Appends its process id to FILE.
import { appendFileSync } from 'node:fs';

const [mode, file] = process.argv.slice(2);
appendFileSync(file, `${process.pid}\n`);
process.stderr.write(`mode ${mode}\n`);
setInterval(() => undefined, 1000);
if (mode === 'stubborn') process.on('SIGTERM', () => undefined);
if (mode === 'fails') {
  process.stderr.write('the reason for it\n');
  process.exit(3);
}
// Serves once, and never again after that: the second line of FILE is the second process.
const { readFileSync } = await import('node:fs');
const isFirst = readFileSync(file, 'utf8').trim().split('\n').length === 1;
if (mode === 'once' && !isFirst) process.exit(4);
if (mode !== 'mute') console.log(`TEST READY http://localhost:1/${process.pid}`);
