import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

/** One orchestration for each way in which the real engine goes wrong without a word. */
const app = `const df = require('durable-functions');
const { app } = df;
const counter = (name) => new df.EntityId(name, 'k');
const inMs = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);
const retries = (more) => Object.assign(new df.RetryOptions(100, 3), more);
app.activity('say', { handler: (input) => 'said ' + input });
app.activity('fails', { handler: () => { throw new Error('no'); } });
app.activity('failsAtOnce', { handler: () => { throw new Error('no'); } });
let attempts = 0;
app.activity('failsOnce', { handler: () => { if (attempts++ === 0) throw new Error('no'); } });
app.entity('Counter', (context) => context.df.return(1));
app.entity('Teller', (context) => context.df.signalEntity(counter('Counter'), 'add'));
app.orchestration('sleeper', function* (context) { yield context.df.waitForExternalEvent('wake'); });

app.orchestration('unknownActivity', function* (context) { yield context.df.callActivity('noSuchActivity'); });
app.orchestration('unknownChild', function* (context) { yield context.df.callSubOrchestrator('noSuchChild'); });
app.orchestration('unknownEntity', function* (context) { yield context.df.callEntity(counter('NoSuchEntity'), 'get'); });
app.orchestration('thrownText', function* () { throw 'only a text'; });
app.orchestration('retryTime', function* (context) {
  yield context.df.callActivityWithRetry('fails', retries({ retryTimeoutInMilliseconds: 1 }));
});
app.orchestration('retryPause', function* (context) {
  yield context.df.callActivityWithRetry('fails', retries({ maxRetryIntervalInMilliseconds: 0 }));
});
app.orchestration('droppedEvents', function* (context) {
  if (context.df.getInput().again) return 'without the second';
  yield context.df.waitForExternalEvent('last');
  context.df.continueAsNew({ again: true });
});
app.orchestration('undoLost', function* (context) {
  try {
    yield context.df.Task.all([context.df.callActivity('failsAtOnce'), context.df.callActivityWithRetry('fails', retries())]);
  } catch {
    yield context.df.callActivity('say', 'undone');
    return 'undone';
  }
});
app.orchestration('retryInAny', function* (context) {
  const timer = context.df.createTimer(inMs(context, 600000));
  const work = context.df.callActivityWithRetry('failsOnce', retries());
  if ((yield context.df.Task.any([work, timer])) === work) timer.cancel();
  yield context.df.callActivity('say', 'on');
});
app.orchestration('booleanInput', function* (context) { return yield context.df.callActivity('say', true); });
app.orchestration('longStatus', function* (context) {
  context.df.setCustomStatus('x'.repeat(8600));
  yield context.df.callActivity('say', 'on');
});
app.orchestration('heldOpen', function* (context) {
  const timer = context.df.createTimer(inMs(context, 600000));
  yield context.df.Task.any([context.df.callActivity('say', 'first'), timer]);
  return 'returned';
});
app.orchestration('replacesRunning', function* (context) {
  yield context.df.callSubOrchestrator('sleeper', undefined, 'held-by-another');
});
app.orchestration('ownId', function* (context) {
  yield context.df.callSubOrchestrator('sleeper', undefined, context.df.instanceId);
});
app.orchestration('anyOverCompleted', function* (context) {
  const cancel = context.df.waitForExternalEvent('cancel');
  yield context.df.Task.any([cancel, context.df.callActivity('say', 'first')]);
  yield context.df.createTimer(inMs(context, 1000));
  yield context.df.Task.any([context.df.waitForExternalEvent('cancel'), context.df.waitForExternalEvent('other')]);
});
`;

interface QuietFailure {
  /** What the warning says. */
  readonly says: RegExp;
  /** What the failure says in strict mode, where that differs. */
  readonly strictly?: RegExp;
  /** Whom the warning is about, where that is another. */
  readonly instance?: string;
  /** What it names in the app's code, so that the line can be found; the orchestration itself otherwise. */
  readonly line?: string;
  /** The status that the orchestration keeps, or comes to, as on the real host. */
  readonly status: string;
  readonly cure: RegExp;
  readonly events?: readonly string[];
}

const quiet: Record<string, QuietFailure> = {
  unknownActivity: {
    says: /calls the activity 'noSuchActivity', which does not exist, and waits for it forever/,
    line: "callActivity('noSuchActivity'",
    status: 'Running',
    cure: /register 'noSuchActivity'/,
  },
  unknownChild: {
    says: /calls the orchestrator 'noSuchChild', which does not exist/,
    line: "'noSuchChild'",
    status: 'Running',
    cure: /register 'noSuchChild'/,
  },
  unknownEntity: {
    says: /calls the entity 'nosuchentity', which does not exist/i,
    line: "'NoSuchEntity'",
    status: 'Running',
    cure: /register/,
  },
  thrownText: { says: /threw a value that is not an Error/, status: 'Running', cure: /throw new Error/ },
  retryTime: {
    says: /retryTimeoutInMilliseconds of 'fails' has run out/,
    line: "callActivityWithRetry('fails', retries({",
    status: 'Running',
    cure: /leave retryTimeoutInMilliseconds out/,
  },
  retryPause: {
    says: /a retry of 'fails' is due without a pause/,
    line: "callActivityWithRetry('fails', retries({ max",
    status: 'Running',
    cure: /at least a millisecond/,
  },
  droppedEvents: {
    says: /continues as new with unread events.*\(go\)/,
    status: 'Completed',
    cure: /take every event/,
    events: ['go', 'last'],
  },
  undoLost: {
    says: /went on after a Task\.all or Task\.any whose other branch is still retrying/,
    status: 'Completed',
    cure: /sub-orchestration of its own/,
  },
  retryInAny: { says: /non-deterministic|still retrying/, status: 'Failed', cure: /sub-orchestration of its own/ },
  booleanInput: {
    says: /gives the activity 'say' a boolean, which arrives as the text "True" or "False"/,
    line: "callActivity('say', true)",
    status: 'Completed',
    cure: /wrap the value in an object/,
  },
  longStatus: { says: /custom status of 8602 characters/, status: 'Completed', cure: /keep a summary/ },
  heldOpen: {
    says: /has returned, but stays Running until its timers fire/,
    status: 'Running',
    cure: /timer\.cancel\(\)/,
  },
  replacesRunning: {
    // Told of the one that suffers it: the other does not go wrong.
    instance: 'held-by-another',
    says: /was running and was silently replaced by a sub-orchestration 'sleeper' of 'replacesRunning'/,
    strictly: /with the id 'held-by-another' of a running instance, which it silently replaces/,
    line: "orchestration('sleeper'",
    status: 'Running',
    cure: /ids that no other instance has/,
  },
  ownId: { says: /with the id 'ownId', its own or its parent's/, status: 'Running', cure: /an id of its own/ },
  anyOverCompleted: {
    says: /waits in a Task\.any for the event 'cancel', which came earlier/,
    line: "cancel = context.df.waitForExternalEvent('cancel')",
    status: 'Running',
    cure: /isCompleted/,
    events: ['cancel'],
  },
};

/** Starts everything, with the events that belong to it. */
async function startedHost(strict: boolean): Promise<HostUnderTest> {
  const host = await hostWith({ 'index.cjs': app }, { strict, durable: { inMemory: true }, drainWithin: 50 });
  await post(host, 'orchestrators/sleeper/held-by-another');
  await vi.waitFor(async () => expect((await statusOf(host, 'held-by-another')).runtimeStatus).toBe('Running'), within);
  for (const name of Object.keys(quiet)) await post(host, `orchestrators/${name}/${name}`);
  for (const [name, { events = [] }] of Object.entries(quiet))
    for (const event of events) await post(host, `instances/${name}/raiseEvent/${event}`);
  await post(host, 'entities/Teller/k?op=tell');
  return host;
}

const coded = (host: HostUnderTest, path: string): string =>
  `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}code=${host.host.keys.durable}`;

async function post(host: HostUnderTest, path: string): Promise<void> {
  const body = '1';
  const answer = await host.send('POST', coded(host, path), { headers: { 'content-type': 'application/json' }, body });
  expect(answer).toMatchObject({ status: 202 });
}

async function statusOf(host: HostUnderTest, id: string): Promise<{ runtimeStatus: string; output: unknown }> {
  const { text } = await host.send('GET', coded(host, `instances/${id}`));
  return JSON.parse(text) as { runtimeStatus: string; output: unknown };
}

const messages = (host: HostUnderTest, level: string): string[] =>
  host.log.filter((entry) => entry.level === level).map(({ message }) => message);

const within = { timeout: 15_000, interval: 50 };

describe('an app that fails without a message on the real host', () => {
  let host: HostUnderTest;
  beforeAll(async () => {
    host = await startedHost(false);
  });
  afterAll(() => host.stop());

  it.each(Object.entries(quiet))('fails here too, with one warning: %s', async (name, expected) => {
    const { says, cure, status, line, instance = name } = expected;
    const own = (): string[] =>
      messages(host, 'warning').filter((message) => message.includes(`instance '${instance}'`));

    await expect.poll(own, within).toContainEqual(expect.stringMatching(says));
    await expect.poll(async () => (await statusOf(host, name)).runtimeStatus, within).toBe(status);

    const warnings = own().filter((message) => says.test(message));
    expect(warnings).toHaveLength(1);

    const [warning = ''] = warnings;
    expect(warning).toContain(`Orchestration '${instance === name ? name : 'sleeper'}'`);
    expect(/Cure: (.*)/.exec(warning)?.[1]).toMatch(cure);

    const lines = app.split('\n');
    const at = lines.findIndex((text) => text.includes(line ?? `orchestration('${name}'`)) + 1;
    expect(warning).toContain(`(see index.cjs:${at})`);
  });

  it('is warned of a signal that reaches another entity because of a capital letter', async () => {
    await expect
      .poll(() => messages(host, 'warning'), within)
      .toContainEqual(expect.stringMatching(/@Counter@k.*Cure: write the name of the target in lower case/));
  });
});

describe('with --strict', () => {
  let host: HostUnderTest;
  beforeAll(async () => {
    host = await startedHost(true);
  });
  afterAll(() => host.stop());

  it.each(Object.entries(quiet))(
    'the orchestration fails with the reason and the fix: %s',
    async (name, { says, strictly = says, cure }) => {
      await expect.poll(async () => (await statusOf(host, name)).runtimeStatus, within).toBe('Failed');
      const { output } = await statusOf(host, name);
      expect(output).toMatch(strictly);
      expect(output).toMatch(cure);
    },
  );

  it('an entity does not signal another one than intended', async () => {
    await expect.poll(() => messages(host, 'error'), within).toContainEqual(expect.stringMatching(/@Counter@k/));
    const { status } = await host.send('GET', coded(host, 'entities/Counter/k'));
    expect(status).toBe(404);
  });

  it('an instance that another sub-orchestration would have replaced continues', async () => {
    expect((await statusOf(host, 'held-by-another')).runtimeStatus).toBe('Running');
  });
});
