import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CLIENTS_FIELDS, clientNames } from '@connected-registry/protocol/requests/clientsRequest';
import { clientsBody } from '../../../../src/triggers/http/requests/clientsBody.js';
import { eachOf, startEach } from '../../../../src/triggers/http/answers/startEach.js';
import { problemBody } from '../../../../src/triggers/http/answers/problem.js';
import { httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';

const schema = z.strictObject({ clients: clientNames, dryRun: z.boolean().optional() });
const one = (client: string) => ({ connectedRegistry: CONNECTED_REGISTRY, client });
const read = (body: unknown) => clientsBody(httpRequest({ body }), schema, CLIENTS_FIELDS, config());

describe('a body that names clients', () => {
  test('is read, with the first registry if none is named', async () => {
    const clients = [one('a'), { ...one('b'), registry: REGISTRY.toUpperCase() }];
    expect(await read({ clients, dryRun: true })).toMatchObject({
      body: { dryRun: true },
      clients: [
        { registry: REGISTRY, ...one('a') },
        { registry: REGISTRY.toUpperCase(), ...one('b') },
      ],
    });
  });

  test.each<[string, unknown, string]>([
    ['not JSON', '{', 'body'],
    ['a list', [one('a')], 'body'],
    ['no clients', {}, 'clients'],
    ['none', { clients: [] }, 'clients'],
    ['too many', { clients: Array.from({ length: 101 }, (_, n) => one(`c-${n}`)) }, 'clients'],
    ['one twice', { clients: [one('a'), one('b'), one('a')] }, 'clients.2'],
    ['an empty name', { clients: [one('')] }, 'clients.0.client'],
    ['no connected registry', { clients: [{ client: 'a' }] }, 'clients.0.connectedRegistry'],
    ['a number', { clients: [{ ...one('a'), client: 7 }] }, 'clients.0.client'],
    ['a text in place of a client', { clients: ['a'] }, 'clients.0'],
    ['an unknown field', { clients: [{ ...one('a'), token: 'x' }] }, 'clients.0.token'],
    ['an unknown registry', { clients: [one('a'), { ...one('b'), registry: 'elsewhere' }] }, 'clients.1.registry'],
  ])('is refused when it is %s, with the field’s name and the fix', async (_, body, field) => {
    const answer = await read(body);
    if (!('refusal' in answer)) throw new Error('it was taken');
    const { status, body: problem } = seen(answer.refusal);
    expect([status, problem['code']]).toEqual([400, 'invalid-request']);
    const errors = problem['errors'] as { field: string; fix: string }[];
    expect(errors.map((error) => error.field)).toContain(field);
    expect(errors.every(({ fix }) => fix.length > 10)).toBe(true);
  });
});

test('each client gets its own part, in order, independent of the others', async () => {
  const clients = Array.from({ length: 30 }, (_, n) => ({ registry: REGISTRY, ...one(`c-${n}`) }));
  const busy = problemBody({ status: 409, code: 'another-run', title: 't', detail: 'd', running: 'x.y' });
  const answer = await startEach(clients, async ({ client }) => {
    await new Promise((resolve) => setTimeout(resolve, client === 'c-0' ? 20 : 0));
    return client === 'c-7' ? { problem: busy } : { id: `${client}.run`, status: 'running' };
  });
  const { status, body } = seen(answer);
  expect(status).toBe(202);
  expect(body['operations']).toEqual(
    clients.map((client) =>
      client.client === 'c-7'
        ? { ...client, problem: busy }
        : { ...client, id: `${client.client}.run`, status: 'running' },
    ),
  );
});

test('only a few are processed at once', async () => {
  let now = 0;
  let maxConcurrent = 0;
  await eachOf(
    Array.from({ length: 50 }, (_, n) => n),
    async () => {
      maxConcurrent = Math.max(maxConcurrent, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
      now -= 1;
    },
  );
  expect(maxConcurrent).toBe(10);
});
