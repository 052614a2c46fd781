import { sleep } from '../run/caseRun.js';
import { plainly, staysOpen, type Cases } from './plain.js';

/** Sub-orchestrations. */
export const children: Cases = {
  ...plainly('parent', 'parentNoId', 'parentTwice', 'parentOfThrower', 'parentCatches'),
  parentOfUnknown: staysOpen('parentOfUnknown'),
  ...plainly('parentRetries', 'grandparent', 'parentFanOut'),
  childReplacesRunning: async (run) => {
    await run.startAs('-x', 'waits', { from: 'client' });
    await run.running('-x');
    await run.start('parentOf', { child: `${run.id}-x` });
    await sleep(2500);
    const { name, runtimeStatus, input } = await run.status('-x');
    run.note('the instance now', { name, runtimeStatus, input });
    await run.raise('go', 1, '-x');
    await run.end();
    await run.end('-x');
  },
  startWhileChildRuns: async (run) => {
    await run.start('parentOf', { child: `${run.id}-x` });
    await run.running('-x');
    const url = `${run.hook}/orchestrators/waits/${run.id}-x?${run.code}`;
    run.note('start', (await run.http('POST', url, { json: { from: 'client' } })).status);
    await run.raise('go', 1, '-x');
    await run.end();
  },
  terminateParent: async (run) => {
    run.alsoFinal('-child');
    await run.start('parentWaits');
    await run.until((status) => status.runtimeStatus === 'Running', '-child');
    run.note('POST', await run.http('POST', run.instance('/terminate', 'reason=parent')));
    await run.end();
    await sleep(1500);
    run.note('child after', (await run.status('-child')).runtimeStatus);
    await run.client('terminate', `${run.id}-child`, 'tidy');
    await run.end('-child');
  },
  rewindParent: async (run) => {
    run.alsoFinal('-child');
    await run.start('parentOfFailsOnce');
    await run.end();
    run.note('failed', (await run.status()).output);
    run.note('rewind', (await run.http('POST', run.instance('/rewind', 'reason=again'))).status);
    await sleep(4000);
    await run.end();
  },
  ...plainly('xChildAgain', 'xChildStatus', 'xChildNoId2', 'xRetryChild'),
  xChildOwnId: staysOpen('xChildOwnId', 'after a while', 4000),
  xChildAt: staysOpen('xChildAt', 'after a while', 4000),
  xChildTerminated: async (run) => {
    run.alsoFinal('-child');
    await run.start('xChildTerminated');
    await run.until((status) => status.runtimeStatus === 'Running', '-child');
    await run.client('terminate', `${run.id}-child`, 'stop');
    await run.end();
  },
  xPurgeChild: async (run) => {
    await run.start('parent');
    await run.end();
    run.note('purge', await run.http('DELETE', run.instance()));
    run.note('child', (await run.http('GET', run.instance('', '', '-child'))).status);
  },
};
