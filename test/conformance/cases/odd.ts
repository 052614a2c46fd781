import { sleep } from '../run/caseRun.js';
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

/** Runs an orchestration, restarts it and, if it continues as new, starts its id again by the client as well. */
const restarted =
  (again: number): Cases[string] =>
  async (run) => {
    await run.start('startedAs', again);
    await run.end();
    const restart = await run.http('POST', run.instance('/restart', 'restartWithNewInstanceId=false'));
    run.note('restart', restart.status);
    await sleep(4000);
    await run.end();
    run.note('after the restart', await run.http('GET', run.instance('', 'showHistory=true&showHistoryOutput=true')));
    await run.start('startedAs', 0);
    await sleep(4000);
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
  restarted: restarted(0),
  restartedContinued: restarted(1),
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
