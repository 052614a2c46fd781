import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Answer } from '../harness/appClient.js';
import { clientsOf, ENDPOINT, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';

let stack: RolloutStack;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 1 });
}, 600_000);
afterAll(() => stack.dispose());

const accepted = z.object({ id: z.string() });
const refusal = z.object({
  code: z.string(),
  errors: z
    .array(z.object({ row: z.int().optional(), column: z.string().optional(), message: z.string(), fix: z.string() }))
    .min(1),
});
const conflict = z.object({
  code: z.literal('client-in-rollout'),
  conflicts: z.array(z.object({ row: z.int(), client: z.string(), rollout: z.string() })),
});

function postCsv(body: string | Uint8Array<ArrayBuffer>, query: Record<string, string> = {}): Promise<Answer> {
  const all = new URLSearchParams({ kind: 'onboard', repositories: 'hello-world', endpoint: ENDPOINT, ...query });
  return stack.it.app.request(`rollouts?${all.toString()}`, {
    method: 'POST',
    headers: { 'x-functions-key': stack.it.stack.endpoints.functions.key, 'content-type': 'text/csv' },
    body,
  });
}

test('a CSV file starts a rollout: its columns in any order, cells that are empty take the defaults', async () => {
  const { rollouts, it } = stack;
  const lines = [
    'connectedRegistry,client,credentialLifetimeDays,repositories',
    'fleetsite1,csv-1,60,',
    '',
    'fleetsite1,"csv-2",,"hello-world"',
    'fleetsite1,csv-3,,',
  ];
  const answer = await postCsv(`\uFEFF${lines.join('\r\n')}\r\n`, { size: '2', name: 'from a sheet' });
  expect([answer.status, answer.text]).toEqual([202, expect.stringContaining('"id"')]);
  const { id } = accepted.parse(answer.body);
  expect(answer.headers.get('location')).toContain(`rollouts/${id}`);
  expect(await rollouts.atRest(id)).toMatchObject({
    name: 'from a sheet',
    status: 'completed',
    rows: 3,
    counts: { completed: 3 },
    wave: { of: 2 },
  });
  const [first, second] = await rollouts.rows(id);
  const expiry = async (operation = '') =>
    Date.parse((await it.app.operation(operation)).result?.secret.expiresOn ?? '');
  const days = ((await expiry(second?.operation)) - (await expiry(first?.operation))) / 86_400_000;
  expect(Math.round(days)).toBe(30);
});

describe('malformed CSV starts nothing, and the answer has line and column:', () => {
  const HEAD = 'connectedRegistry,client,credentialLifetimeDays';
  const GOOD = 'fleetsite1,good-1,60';
  test.each<[name: string, lines: string[], row: number, column: string | undefined]>([
    ['an empty file', [''], 1, undefined],
    ['a header alone', [HEAD, ''], 2, undefined],
    ['an unknown column', ['connectedRegistry,client,colour', 'fleetsite1,a,red'], 1, 'colour'],
    ['a column twice', ['connectedRegistry,client,client', 'fleetsite1,a,a'], 1, 'client'],
    ['a column without a name', ['connectedRegistry,client,', 'fleetsite1,a,'], 1, '3'],
    ['no column for the client', ['connectedRegistry', 'fleetsite1'], 1, 'client'],
    ['semicolons for commas', ['connectedRegistry;client', 'fleetsite1;a'], 1, '1'],
    ['a cell too few', [HEAD, GOOD, 'fleetsite1,a'], 3, 'credentialLifetimeDays'],
    ['a cell too many', [HEAD, GOOD, 'fleetsite1,a,60,more'], 3, '4'],
    ['a quote that is not closed', [HEAD, GOOD, 'fleetsite1,"a,60', 'fleetsite1,b,60'], 3, 'client'],
    ['a quote inside a cell', [HEAD, GOOD, 'fleetsite1,a"b"c,60'], 3, 'client'],
    ['text after a quoted cell', [HEAD, GOOD, 'fleetsite1,"a"b,60'], 3, 'client'],
    ['a line break in a cell', [HEAD, GOOD, 'fleetsite1,"a', 'b",60'], 3, 'client'],
    ['an empty client', [HEAD, GOOD, 'fleetsite1,,60'], 3, 'client'],
    ['an invalid client', [HEAD, GOOD, 'fleetsite1,a b,60'], 3, 'client'],
    ['an invalid connected registry', [HEAD, 'a/b,a,60', GOOD], 2, 'connectedRegistry'],
    ['a connected registry that does not exist', [HEAD, GOOD, 'nosuchsite,a,60'], 3, 'connectedRegistry'],
    ['a number that is none', [HEAD, GOOD, 'fleetsite1,a,soon'], 3, 'credentialLifetimeDays'],
    ['a number out of range', [HEAD, GOOD, '', 'fleetsite1,a,100000'], 4, 'credentialLifetimeDays'],
    ['a client twice', [HEAD, GOOD, 'fleetsite1,a,60', 'fleetsite1,a,60'], 4, 'client'],
  ])('%s', async (_name, lines, row, column) => {
    const before = (await stack.rollouts.list()).length;
    const answer = await postCsv(lines.join('\n'));
    expect([answer.status, answer.text]).toEqual([400, expect.any(String)]);
    const { code, errors } = refusal.parse(answer.body);
    expect(code).toBe('invalid-request');
    expect(errors.map((error) => [error.row, error.column])).toContainEqual([row, column]);
    expect((await stack.rollouts.list()).length).toBe(before);
  });

  test('bytes that are no UTF-8', async () => {
    const bytes = new Uint8Array(Buffer.from(`${HEAD}\nfleetsite1,caf\xe9,60\n`, 'latin1'));
    const { errors } = refusal.parse((await postCsv(bytes)).body);
    expect(errors[0]).toMatchObject({ row: 2 });
  });
});

test('more clients than a connected registry takes are refused, each row that is too many', async () => {
  const { rollouts, sites } = stack;
  const [site] = sites;
  if (!site) throw new Error('There is a site.');
  const answer = await rollouts.post(onboardingOf(clientsOf(site, 'too-many', 501)));
  expect(answer.status).toBe(400);
  expect(refusal.parse(answer.body).errors.at(-1)).toMatchObject({ row: 501 });
});

test('a client that is in an open rollout is refused to another one, with its row and that rollout', async () => {
  const { rollouts, sites } = stack;
  const [site] = sites;
  if (!site) throw new Error('There is a site.');
  const clients = clientsOf(site, 'claimed', 3);
  const startAt = new Date(Date.now() + 86_400_000).toISOString();
  const open = await rollouts.start(onboardingOf(clients, { startAt }));
  const others = [...clientsOf(site, 'free', 1), ...clients.slice(1)];

  const refused = await rollouts.post(onboardingOf(others));
  expect(refused.status).toBe(409);
  expect(conflict.parse(refused.body).conflicts).toEqual([
    { row: 2, client: 'claimed-2', rollout: open },
    { row: 3, client: 'claimed-3', rollout: open },
  ]);
  expect(await rollouts.runCounts(others)).toEqual({ 'free-1': 0, 'claimed-2': 0, 'claimed-3': 0 });

  // A dry run changes nothing, so it claims nothing.
  const dry = await rollouts.start(onboardingOf(others, { dryRun: true }));
  expect(await rollouts.atRest(dry)).toMatchObject({ status: 'completed', counts: { planned: 3 } });

  await rollouts.command(open, 'cancel');
  await rollouts.atRest(open);
  const again = await rollouts.start(onboardingOf(others));
  expect(await rollouts.atRest(again)).toMatchObject({ status: 'completed', counts: { completed: 3 } });

  // Its clients are claimed again when a cancelled rollout is tried again, and another one may have them by then.
  const third = await rollouts.start(onboardingOf(clientsOf(site, 'claimed', 3), { startAt }));
  const retried = await rollouts.tryCommand(open, 'retry-failed');
  expect([retried.status, conflict.parse(retried.body).conflicts.length]).toEqual([409, 3]);
  await rollouts.command(third, 'cancel');
});

test.each([0, 200, 1000])(
  'an app that is killed %i ms after it was asked for a rollout has one in the end, whoever repeats the request',
  async (milliseconds) => {
    const { rollouts, sites, it } = stack;
    const [site] = sites;
    if (!site) throw new Error('There is a site.');
    const name = `killed after ${milliseconds}`;
    const clients = clientsOf(site, `killed-${milliseconds}`, 3);
    // While nothing listens, the request is sent again.
    const posting = rollouts.post(onboardingOf(clients, { name }));
    await sleep(milliseconds);
    await it.crashHost();
    expect([202, 409]).toContain((await posting).status);
    // Of two, one is refused once both have asked for the same clients.
    const named = async () => (await rollouts.list()).filter((one) => one.name === name);
    const isOpening = ({ status }: { readonly status: string }) => status === 'opening';
    await expect.poll(async () => (await named()).some(isOpening), { timeout: 60_000 }).toBe(false);
    const found = (await named()).filter(({ status }) => status !== 'refused');
    expect(found.length).toBe(1);
    const [{ id } = { id: '' }] = found;
    expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: 3 } });
    expect(Object.values(await rollouts.runCounts(clients))).toEqual([1, 1, 1]);
  },
);
