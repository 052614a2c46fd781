import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../shared/until.js';
import { onboardingOf, problem } from './harness/appClient.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

const REFERENCE = 'registry=myregistry&connectedRegistry=myconnectedregistry';
const summary = z.object({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  client: z.string().optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  actor: z.string().optional(),
  failure: z.object({ code: z.string(), message: z.string(), residue: z.array(z.string()).optional() }).optional(),
});
const page = z.object({ operations: z.array(summary), continuation: z.string().optional() });

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack();
});
afterAll(() => it.dispose());

/** An operation of any kind, as soon as it has ended. */
const end = (id: string) =>
  until(
    async () => summary.parse((await it.app.get(`operations/${id}`)).body),
    ({ status }) => status !== 'running',
    `operation ${id} has ended`,
  );
const keyOf = (id: string) => id.slice(0, id.lastIndexOf('.'));
const list = async (query: string) => {
  const answer = await it.app.get(`operations?${query}`);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return page.parse(answer.body);
};
const history = async (key: string) => {
  const answer = await it.app.get(`clients/${key}/operations`);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  return page.parse(answer.body).operations;
};
/** A request that preflight refuses. */
const refused = (client: string) => onboardingOf(client, { repositories: ['not-synced'], image: 'not-synced:latest' });

async function start(path: string, body: object): Promise<string> {
  const answer = await it.app.request(path, {
    method: 'POST',
    headers: { 'x-functions-key': it.stack.endpoints.functions.key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 202 });
  return (
    z.object({ operations: z.array(z.object({ id: z.string() })).min(1) }).parse(answer.body).operations[0]?.id ?? ''
  );
}

/** Every line of the audit about ends of runs, with the level at which the host wrote it. */
/** Lines of the audit about runs that have ended; `level` where the host's log has one in this form. */
function ends(): Record<string, unknown>[] {
  const folder = join(it.stack.ground.dataFolder, 'host');
  const logs = readdirSync(folder).filter((name) => name === 'log' || name.endsWith('.log'));
  return logs
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .flatMap((line) => {
      const found = /(?:(?<level>info|warn) .*?)?(?<json>\{"audit":"run\.end\..*\})/.exec(line)?.groups;
      if (!found) return [];
      return [{ level: found['level'], ...z.record(z.string(), z.unknown()).parse(JSON.parse(found['json'] ?? '')) }];
    });
}

describe('the ended runs of a client', () => {
  test('are shown after later runs, also after an offboarding', async () => {
    const failed = await it.app.start(refused('history'));
    expect(await end(failed)).toMatchObject({ status: 'rolledBack', failure: { code: 'preflight' } });
    const good = await it.app.start(onboardingOf('history'));
    expect((await end(good)).status).toBe('completed');

    const looked = await it.app.get(`operations/${failed}`);
    expect([looked.status, summary.loose().parse(looked.body)]).toMatchObject([
      200,
      { id: failed, status: 'rolledBack', abridged: true, actor: 'function-key', failure: { code: 'preflight' } },
    ]);
    const cancel = await it.app.request(`operations/${failed}/cancel`, {
      method: 'POST',
      headers: { 'x-functions-key': it.stack.endpoints.functions.key },
    });
    expect([cancel.status, problem.parse(cancel.body).code]).toEqual([409, 'already-ended']);

    const clients = [{ connectedRegistry: 'myconnectedregistry', client: 'history' }];
    const revoked = await start('revocations', { clients });
    await end(revoked);
    const first = z.object({ result: z.object({ revokedAt: z.string() }) });
    const { revokedAt } = first.parse((await it.app.get(`operations/${revoked}`)).body).result;
    const again = await start('revocations', { clients });
    await end(again);
    expect(first.parse((await it.app.get(`operations/${again}`)).body).result.revokedAt).toBe(revokedAt);
    const offboarded = await start('offboardings', { clients });
    await end(offboarded);

    const known = await history(keyOf(failed));
    expect(known.map(({ id }) => id)).toEqual([offboarded, again, revoked, good, failed]);
    expect(known.at(-1)).toMatchObject({
      kind: 'onboard',
      actor: 'function-key',
      status: 'rolledBack',
      failure: { code: 'preflight', residue: [] },
    });
    expect((await list(`${REFERENCE}&client=history`)).operations.map(({ id }) => id)).toEqual(
      known.map(({ id }) => id),
    );
  });

  test('have one audit line each', async () => {
    const failed = await it.app.start(refused('audited'));
    await end(failed);
    const good = await it.app.start(onboardingOf('audited'));
    await end(good);
    const about = (id: string) => ends().filter(({ operation }) => operation === id);
    expect(about(failed)).toMatchObject([
      {
        audit: 'run.end.failed',
        outcome: 'rolledBack',
        code: 'preflight',
        residue: [],
        actor: 'function-key',
      },
    ]);
    expect(about(good)).toMatchObject([{ audit: 'run.end.succeeded', outcome: 'completed' }]);
    expect(about(good)[0]?.['seconds']).toEqual(expect.any(Number));
  });

  test('that failed have a warning', { tags: ['local-host'] }, async () => {
    const failed = await it.app.start(refused('warned'));
    await end(failed);
    const good = await it.app.start(onboardingOf('warned'));
    await end(good);
    const levels = [failed, good].map((id) => ends().find(({ operation }) => operation === id)?.['level']);
    expect(levels).toEqual(['warn', 'info']);
  });

  test('are none for a client that never had one', async () => {
    const answer = await it.app.get('clients/nobody/operations');
    expect([answer.status, problem.parse(answer.body).code]).toEqual([404, 'client-not-found']);
  });
});

describe('the list of runs', () => {
  test('starts with the latest run of any client, and continues at the same position while new ones begin', async () => {
    const began = new Date().toISOString();
    const ids: string[] = [];
    for (const client of ['zebra', 'ant', 'mole']) {
      const id = await it.app.start(refused(client));
      await end(id);
      ids.unshift(id);
    }
    const first = await list('top=1');
    expect(first.operations.map(({ id }) => id)).toEqual(ids.slice(0, 1));
    const late = await it.app.start(refused('bee'));
    await end(late);
    const second = await list(`top=1&continuation=${first.continuation}`);
    expect(second.operations.map(({ id }) => id)).toEqual(ids.slice(1, 2));

    const asked = `since=${began}&status=failed,rolledBack&code=preflight`;
    expect((await list(asked)).operations.map(({ id }) => id)).toEqual([late, ...ids]);
    expect((await list(asked.replace('preflight', 'cancelled'))).operations).toEqual([]);
    const all = (await list('top=100')).operations.map(({ startedAt }) => Date.parse(startedAt));
    expect(all).toEqual(all.toSorted((left, right) => right - left));
  });
});

test('names that differ only in case are reported to each other', async () => {
  for (const client of ['Device-21', 'device-21']) {
    const id = await it.app.start(onboardingOf(client));
    expect((await end(id)).status).toBe('completed');
  }
  const answer = await it.app.request('checks', {
    method: 'POST',
    headers: { 'x-functions-key': it.stack.endpoints.functions.key, 'content-type': 'application/json' },
    body: '{}',
  });
  const { id } = z.object({ id: z.string() }).parse(answer.body);
  await end(id);
  const { result } = z
    .object({ result: z.object({ warnings: z.array(z.object({ code: z.string(), message: z.string() })) }) })
    .parse((await it.app.get(`operations/${id}`)).body);
  expect(result.warnings).toMatchObject([
    { code: 'names-differ-in-case', message: expect.stringContaining('Device-21 and device-21') as string },
  ]);
});
