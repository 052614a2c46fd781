import { isEnded, sleep } from '../run/caseRun.js';
import { plainly, staysOpen, type Cases } from './plain.js';

/** Entities, by orchestrations and by clients; calls over HTTP. */
export const entities: Cases = {
  ...plainly('entityCall', 'entitySignal', 'entityFails', 'entityFailsUncaught', 'entityDelete', 'entitySelf'),
  ...plainly('entityTells'),
  entityUnknown: staysOpen('entityUnknown'),
  entityByHttp: async (run) => {
    const url = `${run.hook}/entities/Counter/${run.id}`;
    run.note('POST', await run.http('POST', `${url}?op=add&${run.code}`, { json: 2 }));
    await sleep(2500);
    // Before the next operation: how soon a host carries that out differs.
    run.note('GET', await run.http('GET', `${url}?${run.code}`));
    run.note('POST no op', await run.http('POST', `${url}?${run.code}`, { json: 2 }));
    const text = { raw: 'hello', type: 'text/plain' };
    run.note('POST text', await run.http('POST', `${url}?op=add&${run.code}`, text));
    const list = await run.http('GET', `${run.hook}/entities/Counter?${run.code}&top=1`);
    run.note('list', { status: list.status });
    run.note('DELETE', (await run.http('DELETE', `${url}?${run.code}`)).status);
    await sleep(2500);
    run.note('GET after delete', await run.http('GET', `${url}?${run.code}`));
  },
  entityByClient: async (run) => {
    const key = run.id;
    const id = { $entity: ['Counter', key] };
    const url = (name: string): string => `${run.hook}/entities/${name}/${key}?`;
    run.note('read before', await run.client('readEntityState', id));
    run.note('GET before', await run.http('GET', url('Counter') + run.code));
    run.note('signal', await run.client('signalEntity', id, 'add', 4));
    run.note('POST', await run.http('POST', `${url('Counter')}op=add&${run.code}`, { json: 3 }));
    await sleep(3000);
    run.note('read', await run.client('readEntityState', id));
    run.note('GET', await run.http('GET', url('Counter') + run.code));
    run.note('GET lower case', await run.http('GET', url('counter') + run.code));
    run.note('signal fail', await run.client('signalEntity', id, 'fail'));
    await sleep(2000);
    run.note('read after fail', await run.client('readEntityState', id));
    const unknown = await run.http('POST', `${url('NoSuchEntity')}op=add&${run.code}`, { json: 3 });
    run.note('signal unknown entity', unknown);
  },
  locks: async (run) => {
    await run.start('locks');
    await sleep(5000);
    run.note('after five seconds', (await run.status()).runtimeStatus);
    await run.client('terminate', run.id, 'tidy');
    await run.end();
  },
  ...plainly('xSignalUnknown', 'xEntityValues', 'xEntityReturns', 'xEntityThrowsAfterSet', 'xEntityParallel'),
  ...plainly('xEntityMixedCase', 'xLockTwo', 'xLockNotReleased', 'xLockThenThrows', 'xLockRules'),
  xLockContended: async (run) => {
    const suffixes = ['-1', '-2', '-3'];
    const key = `${run.id}-e`;
    for (const suffix of suffixes) await run.startAs(suffix, 'xLockContended', { key });
    for (const suffix of suffixes) await run.until(isEnded, suffix);
    const outputs = await Promise.all(suffixes.map(async (suffix) => (await run.status(suffix)).output));
    run.note('turns may differ', true);
    run.note(
      'outputs',
      outputs.map(Number).sort((a, b) => a - b),
    );
    run.note('entity', await run.client('readEntityState', { $entity: ['Counter', key] }));
  },
  xEntityDelete: async (run) => {
    const id = { $entity: ['Keeper', run.id] };
    const url = `${run.hook}/instances/@keeper@${run.id}?${run.code}`;
    await run.client('signalEntity', id, 'put', 3);
    await sleep(2500);
    run.note('read', await run.client('readEntityState', id));
    const { customStatus } = (await run.http('GET', url)).body as { customStatus: unknown };
    run.note('instance', customStatus);
    run.note('purge', await run.http('DELETE', url));
    await sleep(500);
    run.note('gone', await run.client('readEntityState', id));
  },
  httpOk: async (run) => {
    await run.start('http', { url: `${run.peer}/ok` });
    await run.end();
  },
  httpText: async (run) => {
    await run.start('http', { url: `${run.peer}/text` });
    await run.end();
  },
  httpTeapot: async (run) => {
    await run.start('http', { url: `${run.peer}/teapot` });
    await run.end();
  },
  httpServerError: async (run) => {
    await run.start('http', { url: `${run.peer}/error` });
    await run.end();
  },
  httpPost: async (run) => {
    await run.start('httpPost', { url: `${run.peer}/echo` });
    await run.end();
  },
  httpAccepted: async (run) => {
    await run.start('http', { url: `${run.peer}/accepted/${run.id}` });
    await run.end('', 60_000);
  },
  httpNoPoll: async (run) => {
    await run.start('httpNoPoll', { url: `${run.peer}/accepted/${run.id}` });
    await run.end();
  },
  httpUnreachable: async (run) => {
    await run.start('httpFails', { url: 'http://127.0.0.1:9/' });
    await run.end('', 60_000);
  },
  xHttpNoLocation: async (run) => {
    await run.start('xHttpNoLocation', { url: `${run.peer}/accepted-nowhere` });
    await sleep(4000);
    run.note('status', (await run.status()).runtimeStatus);
    await run.client('terminate', run.id, 'tidy');
    await run.end();
  },
  xHttpHeaders: async (run) => {
    await run.start('xHttpHeaders', { url: `${run.peer}/headers` });
    await run.end();
  },
};
