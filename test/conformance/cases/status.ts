import { sleep } from '../run/caseRun.js';
import { plainly, type Cases } from './plain.js';

/** Custom status, and reading statuses. */
export const status: Cases = {
  ...plainly('customStatusOnly'),
  customStatus: async (run) => {
    await run.start('customStatus');
    await run.until(({ customStatus }) => JSON.stringify(customStatus) === '{"step":1}');
    run.note('first', await run.status());
    await run.raise('go', 1);
    await run.until(({ customStatus }) => customStatus === 'step two');
    run.note('second', await run.status());
    await run.raise('go', 2);
    await run.end();
  },
  largeStatus: async (run) => {
    await run.start('largeStatus');
    await sleep(3000);
    run.note('after three seconds', (await run.status()).runtimeStatus);
    await run.client('terminate', run.id, 'tidy');
    await run.end();
  },
  statusQueries: async (run) => {
    await run.start('oneActivity', { secret: 1 });
    await run.end();
    const history = 'showHistory=true';
    const withOutput = `${history}&showHistoryOutput=true`;
    for (const query of ['', 'showInput=false', history, withOutput, `${withOutput}&showInput=true`]) {
      const url = run.instance() + (query === '' ? '' : `&${query}`);
      run.note(`GET ?${query}`, await run.http('GET', url));
    }
  },
  statusOfFailed: async (run) => {
    await run.start('throws');
    await run.end();
    run.note('GET', await run.http('GET', run.instance()));
    const url = `${run.instance()}&returnInternalServerErrorOnFailure=true`;
    run.note('GET 500', await run.http('GET', url));
  },
  statusOfUnknown: async (run) => {
    run.note('GET', await run.http('GET', run.instance()));
    run.note('client', await run.client('getStatus', run.id));
  },
  statusByClient: async (run) => {
    await run.start('chain', 'in');
    await run.end();
    run.note('plain', await run.client('getStatus', run.id));
    const all = { showHistory: true, showHistoryOutput: true, showInput: true };
    run.note('with all', await run.client('getStatus', run.id, all));
  },
  list: async (run) => {
    for (const suffix of ['-1', '-2', '-3']) {
      await run.startAs(suffix, 'echo', suffix);
      await run.end(suffix);
    }
    const url = `${run.hook}/instances?instanceIdPrefix=${run.id}-&${run.code}`;
    run.note('all', await run.http('GET', url));
    run.note('no input', await run.http('GET', `${url}&showInput=false`));
    run.note('status none', await run.http('GET', `${url}&runtimeStatus=Failed`));
    run.note('status two', await run.http('GET', `${url}&runtimeStatus=Failed,Completed`));
    const tokenOf = (headers: Record<string, string | string[]>): string =>
      String(headers['x-ms-continuation-token'] ?? '');
    const first = await run.http('GET', `${url}&top=2`);
    const token = tokenOf(first.headers);
    run.note('top 2', { ...first, token: token !== '' });
    const rest = await run.http('GET', `${url}&top=2`, { headers: { 'x-ms-continuation-token': token } });
    const ids = (rest.body as { instanceId: string }[]).map(({ instanceId }) => instanceId);
    run.note('next', { status: rest.status, ids, token: tokenOf(rest.headers) !== '' });
    run.note('bad status', await run.http('GET', `${url}&runtimeStatus=Nonsense`));
    const long = {
      createdTimeFrom: { $date: '2020-01-01T00:00:00Z' },
      createdTimeTo: { $date: '2020-01-02T00:00:00Z' },
    };
    run.note('client', await run.client('getStatusBy', { ...long, runtimeStatus: ['Completed'] }));
  },
  payload: async (run) => {
    const method = 'createHttpManagementPayload';
    run.note(method, await run.client(method, run.id));
  },
  ...plainly('xThrowsWithStatus', 'xTooLargeStatusThrows', 'xStatusJustFits'),
  xStatusThenNone: async (run) => {
    await run.start('xStatusThenNone');
    await run.running();
    run.note('status', await run.status());
    await run.raise('other', 1);
    await sleep(1500);
    run.note('after another turn', (await run.status()).customStatus);
    await run.raise('go', 1);
    await run.end();
  },
  xStatusCleared: async (run) => {
    await run.start('xStatusCleared');
    await run.running();
    run.note('set', (await run.status()).customStatus);
    await run.raise('go', 1);
    await sleep(1500);
    run.note('cleared', (await run.status()).customStatus);
    await run.raise('go', 1);
    await run.end();
  },
};
