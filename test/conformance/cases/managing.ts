import { sleep } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const long = { createdTimeFrom: { $date: '2020-01-01T00:00:00Z' }, createdTimeTo: { $date: '2020-01-02T00:00:00Z' } };

/** Raising events, terminating, suspending, rewinding, purging. */
export const managing: Cases = {
  raiseToUnknown: async (run) => {
    run.note('webhook', await run.raise('go', 1));
    run.note('client', await run.client('raiseEvent', run.id, 'go', 1));
  },
  raiseToCompleted: async (run) => {
    await run.start('echo', 1);
    await run.end();
    run.note('webhook', await run.raise('go', 1));
    run.note('client', await run.client('raiseEvent', run.id, 'go', 1));
  },
  raiseBadBody: async (run) => {
    await run.start('event');
    await run.running();
    const url = run.instance('/raiseEvent/go');
    run.note('text', await run.http('POST', url, { raw: '{not json' }));
    run.note('plain type', await run.http('POST', url, { raw: 'hello', type: 'text/plain' }));
    await run.raise('go', 1);
    await run.end();
  },
  raiseByClient: async (run) => {
    await run.start('event');
    await run.running();
    run.note('client', await run.client('raiseEvent', run.id, 'go', { by: 'client' }));
    await run.end();
  },
  terminate: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('POST', await run.http('POST', run.instance('/terminate', 'reason=enough')));
    await run.end();
    run.note('again', await run.http('POST', run.instance('/terminate', 'reason=enough')));
  },
  terminateUnknown: async (run) => {
    run.note('POST', await run.http('POST', run.instance('/terminate', 'reason=x')));
    run.note('client', await run.client('terminate', run.id, 'x'));
  },
  terminateDuringActivity: async (run) => {
    await run.start('slowly', { ms: 3000 });
    await sleep(1000);
    run.note('POST', await run.http('POST', run.instance('/terminate', 'reason=during')));
    await run.end();
    await sleep(3000);
    run.note('later', (await run.status()).runtimeStatus);
  },
  suspend: async (run) => {
    const suspend = run.instance('/suspend', 'reason=hold');
    await run.start('waits');
    await run.running();
    run.note('suspend', await run.http('POST', suspend));
    await run.until(({ runtimeStatus }) => runtimeStatus === 'Suspended');
    run.note('status', await run.http('GET', run.instance()));
    run.note('suspend again', await run.http('POST', suspend));
    run.note('raise', await run.raise('go', 'while suspended'));
    await sleep(1500);
    run.note('still', (await run.status()).runtimeStatus);
    run.note('resume', await run.http('POST', run.instance('/resume', 'reason=on')));
    await run.end();
    run.note('suspend ended', await run.http('POST', run.instance('/suspend', 'reason=late')));
    run.note('resume ended', await run.http('POST', run.instance('/resume', 'reason=late')));
  },
  suspendDuringActivity: async (run) => {
    await run.start('slowly', { ms: 2500 });
    await sleep(700);
    run.note('suspend', await run.http('POST', run.instance('/suspend', 'reason=hold')));
    await sleep(3500);
    run.note('still', (await run.status()).runtimeStatus);
    await run.http('POST', run.instance('/resume', 'reason=on'));
    await run.end();
  },
  suspendTimer: async (run) => {
    await run.start('waitsForTimer');
    await sleep(1000);
    run.note('suspend', (await run.http('POST', run.instance('/suspend', 'reason=hold'))).status);
    await sleep(4500);
    run.note('still', (await run.status()).runtimeStatus);
    await run.http('POST', run.instance('/resume', 'reason=on'));
    await run.end();
  },
  suspendUnknown: async (run) => {
    run.note('suspend', await run.http('POST', run.instance('/suspend', 'reason=x')));
    run.note('resume', await run.http('POST', run.instance('/resume', 'reason=x')));
  },
  resumeNotSuspended: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('resume', await run.http('POST', run.instance('/resume', 'reason=on')));
    await sleep(700);
    await run.raise('go', 1);
    await run.end();
  },
  terminateSuspended: async (run) => {
    await run.start('waits');
    await run.running();
    await run.http('POST', run.instance('/suspend', 'reason=hold'));
    await run.until(({ runtimeStatus }) => runtimeStatus === 'Suspended');
    run.note('terminate', await run.http('POST', run.instance('/terminate', 'reason=enough')));
    await run.end();
  },
  rewind: async (run) => {
    await run.start('failsOnce');
    await run.end();
    run.note('failed', await run.status());
    run.note('rewind', await run.http('POST', run.instance('/rewind', 'reason=again')));
    await sleep(2500);
    await run.end();
  },
  rewindNotFailed: async (run) => {
    await run.start('echo', 1);
    await run.end();
    run.note('rewind', await run.http('POST', run.instance('/rewind', 'reason=again')));
    run.note('client', await run.client('rewind', run.id, 'again'));
  },
  rewindUnknown: async (run) => {
    run.note('rewind', await run.http('POST', run.instance('/rewind', 'reason=x')));
  },
  purge: async (run) => {
    await run.start('echo', 1);
    await run.end();
    run.note('DELETE', await run.http('DELETE', run.instance()));
    run.note('GET', await run.http('GET', run.instance()));
    run.note('DELETE again', await run.http('DELETE', run.instance()));
  },
  purgeRunning: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('DELETE', await run.http('DELETE', run.instance()));
    run.note('GET', (await run.http('GET', run.instance())).status);
  },
  purgeMany: async (run) => {
    await run.startAs('-a', 'echo', 1);
    await run.startAs('-b', 'throws');
    await run.end('-a');
    await run.end('-b');
    run.note('no filter', await run.http('DELETE', `${run.hook}/instances?${run.code}`));
    const time = 'createdTimeFrom=2020-01-01T00:00:00Z&createdTimeTo=2020-01-02T00:00:00Z';
    const url = `${run.hook}/instances?${time}&runtimeStatus=Completed,Failed&${run.code}`;
    run.note('by time and status', await run.http('DELETE', url));
    run.note('client purgeInstanceHistoryBy, nothing', await run.client('purgeInstanceHistoryBy', long));
  },
  wrongMethod: async (run) => {
    await run.start('echo', 1);
    await run.end();
    run.note('PUT', await run.http('PUT', run.instance(), { json: {} }));
    run.note('unknown operation', await run.http('POST', run.instance('/explode')));
    run.note('unknown route', await run.http('GET', `${run.hook}/nothing?${run.code}`));
  },
  clientErrors: async (run) => {
    for (const [method, ...args] of [
      ['suspend', run.id, 'x'],
      ['resume', run.id, 'x'],
      ['rewind', run.id, 'x'],
      ['purgeInstanceHistory', run.id],
      ['startNew', 'noSuchOrchestrator'],
      ['startNew', 'echo', { instanceId: '' }],
      ['raiseEvent', run.id, '', 1],
      ['readEntityState', { $entity: ['Counter', run.id] }],
    ] as [string, ...unknown[]][])
      run.note(`${method} ${args.length}`, await run.client(method, ...args));
  },
  xRewindWhileRunning: async (run) => {
    const url = run.instance('/rewind', 'reason=again');
    await run.start('failsOnce');
    await run.end();
    await run.http('POST', url);
    await run.end();
    run.note('rewind again', await run.http('POST', url));
  },
  xSuspendBetween: async (run) => {
    await run.start('xSuspendedTwoTasks');
    await sleep(700);
    await run.client('suspend', run.id, 'hold');
    await sleep(3000);
    run.note('status', await run.status());
    await run.client('resume', run.id, 'on');
    await run.end();
  },
  xTerminateTwice: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('a', await run.client('terminate', run.id, 'one'));
    await run.end();
    run.note('b', await run.client('terminate', run.id, 'two'));
  },
};
