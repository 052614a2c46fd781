import { plain, plainly, staysOpen, type Cases } from './plain.js';

const values = ['notANumber', 'infinite', 'overInt64', 'small', 'typed', 'withId', 'withRef', 'wrapped', 'lines'];
const depths = ['deep', 'tooDeep'];

/** One case for each value, named after it. */
const each = (orchestrator: string, names: readonly string[]): Cases =>
  Object.fromEntries(names.map((name) => [`${orchestrator}-${name}`, plain(orchestrator, name)]));

/** Calls the peer; `<peer>` is its address. */
const asking =
  (path: string, more: object = {}): Cases[string] =>
  async (run) => {
    await run.start('asks', { method: 'GET', url: `${run.peer}${path}`, ...more });
    await run.end();
  };

/** Values that the extension changes or refuses, options that it cannot convert, and requests of callHttp. */
export const odd: Cases = {
  ...each('oddActivity', [...values, ...depths]),
  ...each(
    'oddOutput',
    [...values, ...depths].filter((name) => name !== 'withRef'),
  ),
  ...each('oddStatus', ['typed', 'wrapped', 'notANumber']),
  ...plainly('oddMetadata', 'oddTimer', 'callsUnstable'),
  'oddRetry-huge': plain('oddRetry', 3_000_000_000),
  retryWithoutPause: staysOpen('retryWithoutPause', 'after a while', 4000),
  'asks-getWithBody': asking('/seen', { body: 'é' }),
  'asks-redirect302': asking('/redirect/302', { method: 'POST', body: 'x' }),
  'asks-redirect307': asking('/redirect/307', { method: 'POST', body: 'x' }),
  'asks-redirect303': asking('/redirect/303', { method: 'PUT', body: 'x' }),
  'asks-redirect305': asking('/redirect/305'),
  'asks-lists': asking('/lists'),
  'asks-latin1': asking('/charset/iso-8859-1'),
  'asks-relativePoll': asking('/accepted-here'),
  'asks-form': asking('/seen', {
    method: 'POST',
    body: 'a=1',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  }),
  'asks-charset': asking('/seen', {
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  }),
  'asks-badHeader': asking('/seen', { headers: { 'bad header': '1' } }),
  'asks-contentLength': asking('/seen', { method: 'POST', body: 'abc', headers: { 'Content-Length': '3' } }),
  'asks-otherLetters': asking('/seen', { headers: { 'x-a': 'ž' } }),
};
