import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { problem, type Answer } from '../harness/appClient.js';
import { whileRunsWait } from '../harness/holds.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { readState } from '../faults/simulatorState.js';

const TWENTY = Array.from({ length: 20 }, (_, n) => n);
const DAY = 86_400_000;

let it: TestStack;
beforeAll(async () => (it = await startTestStack()));
afterAll(() => it.dispose());

const accepted = z.object({ id: z.string() });
const conflict = problem.extend({ running: z.string() });

interface Asked {
  days: number;
  answer: Answer;
}

/**
 * Sends a request for each of these lifetimes at once; the lifetime is what tells the requests apart, and what the end
 * shows of the one that ran. None can end before all are answered.
 */
const postAll = (client: string, lifetimes: readonly number[]): Promise<Asked[]> =>
  whileRunsWait(it, () => Promise.all(lifetimes.map(async (days) => ({ days, answer: await post(client, days) }))));

const post = (client: string, days: number): Promise<Answer> =>
  it.app.post({
    connectedRegistry: it.stack.endpoints.edge.connectedRegistry,
    client,
    repositories: ['hello-world'],
    credentialLifetimeDays: days,
  });

/**
 * What was not true: 202 must name the run that runs and does what was asked for, 409 names that same run and is given
 * only to requests that ask for something else.
 */
async function untruths(answers: readonly Asked[]): Promise<string[]> {
  const taken = answers.filter(({ answer }) => answer.status === 202);
  const [id = '', ...others] = new Set(taken.map(({ answer }) => accepted.parse(answer.body).id));
  const wrong = others.map((other) => `a second run, ${other}`);
  const ended = await it.app.end(id);
  if (ended.status !== 'completed') wrong.push(`the run ended ${ended.status}`);
  const expires = Date.parse(ended.result?.secret.expiresOn ?? '');
  const ran = Math.round((expires - Date.parse(ended.steps[0]?.startedAt ?? '')) / DAY);
  for (const { days, answer } of answers) {
    const right = days === ran ? 202 : 409;
    if (answer.status !== right) wrong.push(`${days} days ran as ${ran}, and ${answer.status} was answered`);
    if (!answer.headers.get('location')?.endsWith(`/api/operations/${id}`)) wrong.push('another run’s location');
    if (answer.status !== 409) continue;
    const { code, running } = conflict.parse(answer.body);
    if (code !== 'another-run' || running !== id) wrong.push(`409 ${code} names ${running}, not ${id}`);
  }
  const { tokens, bound } = await readState(it);
  const token = ended.result?.token ?? '';
  const bindings = bound.filter((name) => name === token).length;
  if (bindings !== 1) wrong.push(`bound ${bindings} times`);
  const slots = tokens.get(token)?.passwords.map(({ name }) => name) ?? [];
  if (slots.join() !== 'password1') wrong.push(`passwords: ${slots.join()}`);
  return wrong;
}

test('twenty equal concurrent requests start one run, which every answer names', async () => {
  const lifetimes = TWENTY.map(() => 90);
  expect(await untruths(await postAll('equal', lifetimes))).toEqual([]);
});

test('twenty different concurrent requests start one run, which the other answers name', async () => {
  const lifetimes = TWENTY.map((n) => 60 + n);
  expect(await untruths(await postAll('different', lifetimes))).toEqual([]);
});

test('twenty equal and twenty different concurrent requests start one run, and every answer is true', async () => {
  const lifetimes = TWENTY.flatMap((n) => [90, 100 + n]);
  expect(await untruths(await postAll('mixed', lifetimes))).toEqual([]);
});

test('twenty concurrent requests after the end of an earlier run start one new run, and every answer is true', async () => {
  const onboarding = {
    connectedRegistry: it.stack.endpoints.edge.connectedRegistry,
    client: 'again',
    repositories: ['hello-world'],
  };
  const first = await it.app.end(await it.app.start(onboarding));
  const answers = await whileRunsWait(it, () => Promise.all(TWENTY.map(() => it.app.start(onboarding))));
  const [id = '', ...others] = new Set(answers);
  expect(others).toEqual([]);
  expect(id).not.toBe(first.id);
  expect(await it.app.end(id)).toMatchObject({ status: 'completed', result: { secret: first.result?.secret } });
});
