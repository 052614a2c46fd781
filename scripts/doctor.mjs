// `npm run doctor`: which rights an app that is running has, as GET /api/health tells. Exit code 1 where one is
// missing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeOf, messageOf } from './command/errors.mjs';
import { fetchHealth, healthLines } from '../infra/hooks/health.mjs';

const USAGE = `Shows which rights a running app has, by harmless reads of its own.

  npm run doctor -- --url https://APP --key-file FILE   FILE holds a function key
  npm run doctor -- --url https://APP --token-file FILE FILE holds an access token of Entra (OPERATOR_AUTH entra)
  npm run doctor -- --data DIR                          a running \`npm run local -- --data DIR\`; by default .local

FUNCTION_KEY or ACCESS_TOKEN in the environment take the place of the files.`;

const OPTIONS = /** @type {const} */ ({
  url: { type: 'string' },
  'key-file': { type: 'string' },
  'token-file': { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean' },
});

/** Thrown with what to do about it. */
class UsageError extends Error {}

try {
  const { values } = parsed();
  if (values.help) console.log(USAGE);
  else {
    const { url, headers } = values.url
      ? { url: address(values.url), headers: headersOf(values) }
      : localStack(values.data);
    const health = await fetchHealth(url, headers);
    for (const line of healthLines(health)) console.log(line);
    process.exitCode = health.state === 'ok' ? 0 : 1;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

function parsed() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${USAGE}`);
  }
}

/**
 * `localhost:7071` parses as a URL too, with the scheme `localhost:`.
 *
 * @param {string} url
 */
function address(url) {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'https:' || protocol === 'http:') return url;
  throw new UsageError(`--url needs an address that begins with https:// or http://, not '${url}'.`);
}

/**
 * @param {ReturnType<typeof parsed>['values']} values
 * @returns {Record<string, string>}
 */
function headersOf(values) {
  const key = values['key-file'] ? read(values['key-file']) : process.env.FUNCTION_KEY;
  if (key) return { 'x-functions-key': key };
  const token = values['token-file'] ? read(values['token-file']) : process.env.ACCESS_TOKEN;
  if (token) return { authorization: `Bearer ${token}` };
  throw new UsageError(`--url needs --key-file or --token-file.\n\n${USAGE}`);
}

function localStack(folder = '.local') {
  const file = join(folder, 'endpoints.json');
  if (!existsSync(file))
    throw new UsageError(
      `${file} does not exist. Start npm run local, name its data folder with --data, or a deployed app with --url.`,
    );
  const { functions } = JSON.parse(read(file));
  return { url: functions.url, headers: { 'x-functions-key': functions.key } };
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)}).`);
  }
}
