import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SECRET = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA';
const dist = new URL('../../dist/redaction/', import.meta.url).href;

/**
 * Runs a piece of code in a process whose output is guarded, and which has seen the secret.
 * @returns all that it printed
 */
function printedBy(code: string): { text: string; status: number | null } {
  const script = `
    import { guardOutput } from '${dist}guardedOutput.js';
    import { seenSecrets } from '${dist}seenSecrets.js';
    const secret = '${SECRET}';
    guardOutput();
    guardOutput();
    seenSecrets.remember(secret);
    ${code}
    process.stdout.write('END');
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { NODE_NO_WARNINGS: '0' },
  });
  // What Node prints of the script itself is not the process's: the secret stands in it.
  return { text: `${stdout}${stderr}`.replaceAll(`const secret = '${SECRET}'`, ''), status };
}

test.each([
  ['a line', 'console.log(`the password is ${secret}`)'],
  ['a text with places', "console.error('%s and %o', secret, { secret })"],
  ['an object', 'console.warn({ deep: { deeper: [{ secret }] } })'],
  ['a table', 'console.table([{ secret }])'],
  ['an error with a cause', "console.error(new Error('x', { cause: new Error(secret) }))"],
  ['an error with fields', "console.info(Object.assign(new Error('x'), { response: { body: secret } }))"],
  ['a write of a library’s own', 'process.stderr.write(`header: ${secret}\\n`)'],
  ['a write of bytes', 'process.stdout.write(Buffer.from(`header: ${secret}\\n`))'],
  ['a warning', 'process.emitWarning(`a body was ${secret}`)'],
  ['a warning with a detail', "process.emitWarning('a body', { detail: secret })"],
  ['a warning that is an error', 'process.emitWarning(new Error(secret))'],
  ['a warning that cannot be changed', 'process.emitWarning(Object.freeze(new Error(secret)))'],
  ['a write in another encoding', "process.stdout.write(Buffer.from(secret).toString('hex'), 'hex')"],
  ['a view of bytes', 'process.stdout.write(new Uint16Array(new Uint8Array(Buffer.from(secret)).buffer))'],
  ['the last write of a stream', 'process.stderr.end(secret)'],
  ['what goes past the streams', "process._rawDebug('said %s', secret)"],
])('%s is printed without the secret', (_, code) => {
  const { text, status } = printedBy(`${code};`);
  expect(text).not.toContain(SECRET);
  expect(text).toMatch(/redacted|Warning/);
  expect(text).toContain('END');
  expect(status).toBe(0);
});

test.each([
  ['an error', 'throw new Error(`it said ${secret}`)'],
  ['an error with a cause', "throw new Error('it failed', { cause: new Error(secret) })"],
  [
    'a rejection with fields',
    "void Promise.reject(Object.assign(new Error('it failed'), { request: { body: secret } }))",
  ],
  ['a rejection with an object', 'void Promise.reject({ secret })'],
  ['a text', 'throw secret'],
  ['an object', 'throw { error: { secret } }'],
  ['an error that cannot be changed', "throw Object.freeze(new Error('it failed', { cause: secret }))"],
  ['an error by its name', "throw Object.assign(new Error('it failed'), { name: secret })"],
  ['an error by its code', "throw Object.assign(new Error('it failed'), { code: { secret } })"],
  ['an error of another realm', "throw process.getBuiltinModule('vm').runInNewContext('new Error(s)', { s: secret })"],
])('%s that ends the process is printed without the secret', (_, code) => {
  const { text, status } = printedBy(`setTimeout(() => { ${code}; }, 1);`);
  expect(text).not.toContain(SECRET);
  expect(text).toMatch(/Error|Rejection|Uncaught/);
  expect(status).not.toBe(0);
});

test('output without secrets is unchanged', () => {
  const { text } = printedBy("console.log('%d of %s', 2, 'three', { four: 5 });");
  expect(text).toBe('2 of three { four: 5 }\nEND');
});

test('a value that a caller has requested is printed', () => {
  const { text, status } = printedBy(
    "process.on('uncaughtException', (value) => console.log('got', value)); setTimeout(() => { throw secret; }, 1);",
  );

  expect(text).not.toContain(SECRET);
  expect(text).toContain('got [redacted]');
  expect(status).toBe(0);
});
