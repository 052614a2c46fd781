import { sleep, type CaseRun } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const startUrl = (run: CaseRun, orchestrator: string): string => `${run.base}/api/start/${orchestrator}`;
const webhookUrl = (run: CaseRun, orchestrator: string, query = ''): string =>
  `${run.hook}/orchestrators/${orchestrator}/${run.id}?${query}${run.code}`;

/** Starting, also again, and waiting for an end over HTTP. */
export const starting: Cases = {
  startWithId: async (run) => {
    run.note('start', await run.http('POST', startUrl(run, 'waits'), { json: { id: run.id, input: 'x' } }));
    await run.running();
    run.note('GET while running', await run.http('GET', run.instance()));
    await run.raise('go', 1);
    await run.end();
  },
  startTwice: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('client, running', await run.http('POST', startUrl(run, 'waits'), { json: { id: run.id } }));
    run.note('webhook, running', await run.http('POST', webhookUrl(run, 'waits'), { json: { a: 1 } }));
    await run.raise('go', 'first');
    await run.end();
    const json = { id: run.id, input: 'second' };
    run.note('client, completed', await run.http('POST', startUrl(run, 'echo'), { json }));
    await sleep(1500);
    await run.end();
  },
  startByWebhook: async (run) => {
    run.note('POST', await run.http('POST', webhookUrl(run, 'echo'), { json: { a: 1 } }));
    await run.end();
  },
  startByWebhookNoBody: async (run) => {
    run.note('POST', await run.http('POST', webhookUrl(run, 'echo')));
    await run.end();
  },
  startByWebhookBadBody: async (run) => {
    run.note('POST', await run.http('POST', webhookUrl(run, 'echo'), { raw: '{not json' }));
  },
  startUnknownByClient: async (run) => {
    run.note('client', await run.http('POST', startUrl(run, 'noSuchOrchestrator'), { json: { id: run.id } }));
    await run.end();
  },
  startUnknownByWebhook: async (run) => {
    run.note('webhook', await run.http('POST', webhookUrl(run, 'noSuchOrchestrator')));
  },
  startBadId: async (run) => {
    for (const id of [`${run.id}/x`, `${run.id}#x`, `@${run.id}@x`, 'i'.repeat(120)]) {
      const shown = id.replace(run.id, '*').slice(0, 20);
      run.note(`id ${shown}`, await run.http('POST', startUrl(run, 'echo'), { json: { id, input: 1 } }));
    }
  },
  startOtherCase: async (run) => {
    run.note('client', await run.http('POST', startUrl(run, 'ECHO'), { json: { id: run.id, input: 'case' } }));
    await run.end();
  },
  startAndWaitDone: async (run) => {
    run.note('POST', await run.http('POST', `${run.base}/api/wait/oneActivity`, { json: { id: run.id } }));
    await run.end();
  },
  startAndWaitTimeout: async (run) => {
    const json = { id: run.id, timeoutInMilliseconds: 1000 };
    run.note('POST', await run.http('POST', `${run.base}/api/wait/waits`, { json }));
    await run.raise('go', 1);
    await run.end();
  },
  startAndWaitFails: async (run) => {
    run.note('POST', await run.http('POST', `${run.base}/api/wait/throws`, { json: { id: run.id } }));
    await run.end();
  },
  startAndWaitByWebhook: async (run) => {
    const url = webhookUrl(run, 'echo', 'timeout=10&pollingInterval=1&');
    run.note('POST', await run.http('POST', url, { json: { a: 1 } }));
    await run.end();
  },
  restartSameId: async (run) => {
    await run.start('echo', 'again');
    await run.end();
    const url = run.instance('/restart', 'restartWithNewInstanceId=false');
    run.note('restart', await run.http('POST', url));
    await sleep(1500);
    await run.end();
  },
  restartNewId: async (run) => {
    await run.start('echo', 'again');
    await run.end();
    const answer = await run.http('POST', run.instance('/restart'));
    run.note('restart', answer);
    await sleep(1500);
    const { statusQueryGetUri } = answer.body as { statusQueryGetUri: string };
    run.note('new one', await run.http('GET', statusQueryGetUri));
  },
  restartUnknown: async (run) => {
    run.note('restart', await run.http('POST', run.instance('/restart')));
  },
  restartRunning: async (run) => {
    await run.start('waits');
    await run.running();
    run.note('restart', await run.http('POST', run.instance('/restart', 'restartWithNewInstanceId=false')));
    await run.raise('go', 1);
    await run.end();
  },
  restartFailed: async (run) => {
    await run.start('failsOnce');
    await run.end();
    run.note('restart', await run.http('POST', run.instance('/restart', 'restartWithNewInstanceId=false')));
    await sleep(2500);
    await run.end();
  },
  // A version that the host is not configured to run waits for ever.
  xStartVersion: async (run) => {
    const options = { instanceId: run.id, version: '2.0' };
    run.note('start', await run.client('startNew', 'xVersionChild', options));
    await sleep(3000);
    run.note('status', (await run.status()).runtimeStatus);
    await run.client('terminate', run.id, 'tidy');
    await run.end();
  },
  xTerminateThenStart: async (run) => {
    await run.start('waits');
    await run.running();
    await run.client('terminate', run.id, 'x');
    await run.end();
    const json = { id: run.id, input: 'two' };
    run.note('again', (await run.http('POST', startUrl(run, 'echo'), { json })).status);
    await sleep(2500);
    await run.end();
  },
  xEventBeforeRestart: async (run) => {
    await run.start('echo', 1);
    await run.end();
    run.note('raise', (await run.raise('go', 1)).status);
    await run.start('waits');
    await sleep(2000);
    run.note('status', (await run.status()).runtimeStatus);
    await run.raise('go', 2);
    await run.end();
  },
};
