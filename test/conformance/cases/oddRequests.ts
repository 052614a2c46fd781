import type { CaseRun } from '../run/caseRun.js';
import type { Cases } from './plain.js';

/** Bodies that are JSON to Newtonsoft.Json only, and some that are to nobody. */
const texts = {
  singleQuotes: "{'a':1,b:2}",
  comment: '{"a":1 /* c */}',
  trailingComma: '[1,2,]',
  notANumber: '[NaN]',
  octal: '01',
  float: '[1E5,1.10,1e400]',
  mark: '\uFEFF{"a":1}',
  more: '{"a":1} {"b":2}',
  capital: 'True',
  plus: '+1',
  escape: '"\\x41"',
  deep: '['.repeat(65) + ']'.repeat(65),
};

const statusOf = async (run: CaseRun, method: string, url: string, raw?: string): Promise<unknown> => {
  const { status, body } = await run.http(method, url, raw === undefined ? {} : { raw });
  const { id, input, output, runtimeStatus } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  return { status, id, input, output, runtimeStatus };
};

/** Odd requests to the management API and to functions. */
export const oddRequests: Cases = {
  ...Object.fromEntries(
    Object.entries(texts).map(([name, text]): [string, Cases[string]] => [
      `body-${name}`,
      async (run) => {
        const start = await run.http('POST', `${run.hook}/orchestrators/echo/${run.id}-start?${run.code}`, {
          raw: text,
        });
        run.note('start', start.status);
        if (start.status === 202) await run.end('-start');
        await run.start('event');
        await run.running();
        const raised = await run.http('POST', run.instance('/raiseEvent/go'), { raw: text });
        run.note('event', raised.status);
        if (raised.status !== 202) await run.raise('go', 1);
        await run.end();
      },
    ]),
  ),
  oddIds: async (run) => {
    run.note('turns may differ', true);
    for (const id of ['a%2Bb', 'c+d', 'e%252Bf', 'g%2541', 'h%2Fi', 'j%252Fk', '~l'])
      run.note(id, await run.http('POST', `${run.hook}/orchestrators/echo/${run.id}-${id}?${run.code}`, { json: 1 }));
    run.note('client', await run.client('startNew', 'echo', { instanceId: `${run.id}-m+n` }));
    run.note('client, percent', await run.client('startNew', 'echo', { instanceId: `${run.id}-o%p` }));
  },
  otherHub: async (run) => {
    await run.start('echo', 1);
    await run.end();
    for (const query of ['taskHub=other', 'taskHub=GOLDEN', 'connection=other', 'showHistory=true&showHistory=false'])
      run.note(query, await statusOf(run, 'GET', run.instance('', query)));
    run.note('event', (await run.http('POST', run.instance('/raiseEvent/go', 'taskHub=other'), { json: 1 })).status);
    run.note('event with a slash', (await run.raise('a%2Fb', 1)).status);
    const start = `${run.hook}/orchestrators/echo/${run.id}-other`;
    run.note('start', await statusOf(run, 'POST', `${start}?taskHub=other&${run.code}`, '1'));
    run.note('and here', await statusOf(run, 'GET', run.instance('', '', '-other')));
    run.note('start by another connection', await statusOf(run, 'POST', `${start}?connection=other&${run.code}`, '1'));
  },
  repeatedNumber: async (run) => {
    await run.start('callsUnstable');
    await run.end();
    run.note('history of the child', await run.http('GET', run.instance('', 'showHistory=true', '-child')));
  },
  webOddAnswers: async (run) => {
    for (const kind of ['accent', 'farPath', 'zeroLength', 'exact', 'noCookieName'])
      run.note(kind, await run.web('GET', `/api/odd/${kind}`));
    run.note('tooLong', await run.web('GET', '/api/odd/tooLong').catch(() => 'breaks off'));
    run.note('throws null', await run.web('GET', '/api/throwsNull'));
  },
  webQueries: async (run) => {
    for (const query of ['a=1&a=', 'a=1&A=2', 'a=1&A=2&a=3', 'a=%FF', 'a=%C4%8D+b', '=x', 'a&b='])
      run.note(query, await run.web('GET', `/api/query?${query}`));
    run.note('long', (await run.web('GET', `/api/query?a=${'x'.repeat(8200)}`)).status);
  },
};
