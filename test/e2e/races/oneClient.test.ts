import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { problem, type Answer } from '../harness/appClient.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { readState } from '../faults/simulatorState.js';

const TWENTY = Array.from({ length: 20 }, (_, n) => n);
const DAY = 86_400_000;

let it: TestStack;
beforeAll(async () => (it = await startTestStack()));
afterAll(() => it.dispose());

const accepted = z.object({ id: z.string() });
const conflict = problem.extend({ running: z.string() });

/** The lifetime is what tells the requests apart, and what the end shows of the one that ran. */
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
async function untruths(answers: readonly { days: number; answer: Answer }[]): Promise<string[]> {
  const taken = answers.filter(({ answer }) => answer.status === 202);
  const [id = '', ...others] = new Set(taken.map(({ answer }) => accepted.parse(answer.body).id));
  const wrong = others.map((other) => `a second run, ${other}`);
  const ended = await it.app.end(id);
  if (ended.status !== 'completed') wrong.push(`the run ended ${ended.status}`);
  const expires = Date.parse(ended.result?.secret.expiresOn ?? '');
  const ran = Math.round((expires - Date.parse(ended.steps[0]?.startedAt ?? '')) / DAY);
  for (const { days, answer } of answers) {
    const told = days === ran ? 202 : 409;
    if (answer.status !== told) wrong.push(`${days} days ran as ${ran}, and ${answer.status} was answered`);
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

test('twenty equal requests at once: one run, and all are told of it', async () => {
  const answers = await Promise.all(TWENTY.map(async () => ({ days: 90, answer: await post('equal', 90) })));
  expect(await untruths(answers)).toEqual([]);
});

test('twenty different requests at once: one run, and all others are told which', async () => {
  const answers = await Promise.all(
    TWENTY.map(async (n) => ({ days: 60 + n, answer: await post('different', 60 + n) })),
  );
  expect(await untruths(answers)).toEqual([]);
});

test('twenty equal and twenty different ones, mixed: one run, every answer true', async () => {
  const wanted = TWENTY.flatMap((n) => [90, 100 + n]);
  const answers = await Promise.all(wanted.map(async (days) => ({ days, answer: await post('mixed', days) })));
  expect(await untruths(answers)).toEqual([]);
});

test('twenty at once after an earlier run has ended: one new run, every answer true', async () => {
  const first = await it.app.end(
    await it.app.start({
      connectedRegistry: it.stack.endpoints.edge.connectedRegistry,
      client: 'again',
      repositories: ['hello-world'],
    }),
  );
  const answers = await Promise.all(TWENTY.map(() => post('again', 90)));
  const ids = new Set(
    answers.map(({ status, body }) => (status === 202 ? accepted.parse(body).id : `status ${status}`)),
  );
  // A run that finds all as it should be may end before the last of them has come.
  for (const id of ids) {
    expect(id).not.toBe(first.id);
    const answer = await it.app.get(`operations/${id}`);
    expect([200, 410]).toContain(answer.status);
  }
  const last = [...ids].toSorted().at(-1) ?? '';
  expect(await it.app.end(last)).toMatchObject({ status: 'completed', result: { secret: first.result?.secret } });
});
