import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OperationPage } from '@connected-registry/protocol/answers/answers';
import { CHECK } from '../../../../src/domain/check/checkRun.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import { revocationInstance } from '../../../../src/domain/revocation/revocationInstance.js';
import { ONBOARD, REVOKE } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { getOperations } from '../../../../src/triggers/http/routes/operationList.js';
import { FakeDurableClient, httpRequest, seen, type Instance } from '../../fakes/durable/durableClient.js';
import { listingContext, listingFetch } from '../../fakes/durable/engineListing.js';
import { config, CONNECTED_REGISTRY, onboardingRun, REGISTRY } from '../../fakes/answers/requests.js';

let engine: FakeDurableClient;
let asked: URL[];
beforeEach(() => {
  engine = new FakeDurableClient();
  asked = [];
  vi.stubGlobal('fetch', listingFetch(engine, asked));
});
afterEach(() => vi.unstubAllGlobals());

const outcome = (status: string, more: object = {}) => ({
  status,
  endedAt: '2026-03-01T12:10:00.000Z',
  steps: [{ name: 'bind' }],
  ...more,
});
const failure = { code: 'cancelled', message: 'm', residue: ['r'], kept: [] };

function add(
  client: string,
  changes: Partial<Instance> = {},
  connectedRegistry = CONNECTED_REGISTRY,
  run = 'r1',
): string {
  const input = { ...onboardingRun({ client, connectedRegistry }), run };
  const key = clientKey(input.request);
  engine.instances.set(key, { name: ONBOARD, input, runtimeStatus: 'Running', ...changes });
  return `${key}.${run}`;
}

function addWaiting(client: string, changes: Partial<Instance> = {}, run = 'r2'): string {
  const input = { ...onboardingRun({ client }), run, kind: ONBOARD, preempts: false };
  const waiting = { name: START_WHEN_FREE, input, runtimeStatus: 'Running', ...changes };
  engine.instances.set(waitingInstance(ONBOARD, input.request), waiting);
  return `${clientKey(input.request)}.${run}`;
}

const list = async (query: Readonly<Record<string, string>> = {}, context = listingContext()) =>
  seen(await getOperations(config())(httpRequest({ query }), engine.client, 'x', context));
const page = async (query: Readonly<Record<string, string>> = {}) =>
  (await list(query)).body as unknown as OperationPage;
const ids = async (query: Readonly<Record<string, string>> = {}) => (await page(query)).operations.map(({ id }) => id);

describe('GET /api/operations', () => {
  test('shows summaries of runs', async () => {
    const id = add('a', { runtimeStatus: 'Completed', output: outcome('rolledBack', { failure }) });
    expect((await page()).operations).toEqual([
      {
        id,
        kind: 'onboard',
        runId: 'r1',
        status: 'rolledBack',
        phase: 'rolledBack',
        registry: REGISTRY,
        connectedRegistry: CONNECTED_REGISTRY,
        client: 'a',
        startedAt: '2026-03-01T12:00:00.000Z',
        endedAt: '2026-03-01T12:10:00.000Z',
        failure: { code: 'cancelled', message: 'm' },
      },
    ]);
  });

  test('returns page after page by its continuation, each run once', async () => {
    const all = Array.from({ length: 120 }, (_, nth) => add(`device-${nth}`));
    for (let nth = 0; nth < 30; nth += 1)
      engine.instances.set(`@client@${nth}`, { name: '@client', input: null, runtimeStatus: 'Running' });
    const found: string[] = [];
    for (let continuation: string | undefined = ''; continuation !== undefined;) {
      const next: OperationPage = await page({ top: '50', ...(continuation ? { continuation } : {}) });
      expect(next.operations.length).toBeLessThanOrEqual(50);
      found.push(...next.operations.map(({ id }) => id));
      ({ continuation } = next);
    }
    expect(found.toSorted()).toEqual(all.toSorted());
  });

  test('never returns an empty page with a continuation if there is a run to show', async () => {
    for (let nth = 0; nth < 300; nth += 1)
      engine.instances.set(`@client@${nth}`, { name: '@client', input: null, runtimeStatus: 'Running' });
    const id = add('zulu');
    expect(await page({ top: '1' })).toEqual({ operations: [expect.objectContaining({ id })] });
    expect(await page({ top: '1', client: 'nobody' })).toEqual({ operations: [] });
  });

  test.each([
    ['kind', 'restart'],
    ['status', 'waiting'],
    ['registry', 'otherregistry'],
    ['createdAfter', 'yesterday'],
    ['createdBefore', '2026-03-01'],
    ['top', '1000'],
    ['continuation', 'eyJ9'],
    ['page', '2'],
  ])('refuses %s=%s by the name of the parameter', async (name, value) => {
    const { status, body } = await list({ [name]: value });
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['errors']).toMatchObject([{ field: name }]);
    expect(asked).toEqual([]);
  });

  test('combines the filters', async () => {
    const running = add('a');
    const completed = add('b', { runtimeStatus: 'Completed', output: outcome('completed') });
    const rolledBack = add('c', { runtimeStatus: 'Completed', output: outcome('rolledBack', { failure }) });
    const terminated = add('d', { runtimeStatus: 'Terminated' });
    const elsewhere = add('e', {}, 'hall2');
    const request = { registries: [REGISTRY] };
    engine.instances.set('ck-all', { name: CHECK, input: { ...onboardingRun(), request }, runtimeStatus: 'Running' });
    const check = `ck-all.${onboardingRun().run}`;
    expect((await ids({ status: 'running' })).toSorted()).toEqual([check, running, elsewhere].toSorted());
    expect(await ids({ status: 'completed' })).toEqual([completed]);
    expect(await ids({ status: 'rolledBack' })).toEqual([rolledBack]);
    expect(await ids({ status: 'failed' })).toEqual([terminated]);
    expect(await ids({ kind: 'check' })).toEqual([check]);
    expect(await ids({ kind: 'onboard', status: 'running' })).not.toContain(check);
    expect(await ids({ connectedRegistry: 'HALL2' })).toEqual([elsewhere]);
    expect(await ids({ registry: REGISTRY, connectedRegistry: 'hall2' })).toEqual([elsewhere]);
    expect(await ids({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'b' })).toEqual([completed]);
    expect(await ids({ client: 'c' })).toEqual([rolledBack]);
    expect(await ids({ createdAfter: '2026-03-01T12:00:00Z' })).toHaveLength(6);
    expect(await ids({ createdAfter: '2026-03-01T13:00:01+01:00' })).toEqual([]);
    expect(await ids({ createdBefore: '2026-03-01T12:00:00Z' })).toEqual([]);
    expect(await ids({ createdBefore: '2026-03-01T12:00:00.001Z' })).toHaveLength(6);
  });

  test('accepts several statuses and codes, and runs that had not ended at an instant', async () => {
    const ended = (code: string, endedAt: string) => outcome('rolledBack', { endedAt, failure: { ...failure, code } });
    const early = add('a', { runtimeStatus: 'Completed', output: ended('cancelled', '2026-03-01T12:01:00.000Z') });
    const late = add('b', { runtimeStatus: 'Completed', output: ended('sync-overdue', '2026-03-01T12:20:00.000Z') });
    const running = add('c');
    const done = add('d', { runtimeStatus: 'Completed', output: outcome('completed') });
    const headers = { 'x-functions-key': 'a-key' };
    const found = async (query: Readonly<Record<string, string>>) => {
      // The key is in the header, so the parameter is a filter.
      const request = Object.assign(httpRequest({ headers }), { query: new URLSearchParams(query) });
      const { body, status } = seen(await getOperations(config())(request, engine.client, 'x', listingContext()));
      return status === 200
        ? (body as unknown as OperationPage).operations.map(({ id }) => id).toSorted()
        : body['errors'];
    };
    expect(await found({ status: 'running,rolledBack' })).toEqual([early, late, running].toSorted());
    expect(await found({ code: 'cancelled,sync-overdue' })).toEqual([early, late].toSorted());
    expect(await found({ code: 'sync-overdue' })).toEqual([late]);
    expect(await found({ since: '2026-03-01T12:10:00Z' })).toEqual([late, running, done].toSorted());
    expect(await found({ code: 'nonsense' })).toMatchObject([{ field: 'code' }]);
    expect(await found({ status: 'running,nonsense' })).toMatchObject([{ field: 'status' }]);
    // Without the header, the parameter is the host's key.
    expect(await ids({ code: 'nonsense' })).toHaveLength(4);
  });

  test('lets the engine filter by connected registry', async () => {
    add('a');
    await ids({
      registry: REGISTRY,
      connectedRegistry: CONNECTED_REGISTRY,
      status: 'running',
      createdAfter: '2026-03-01T12:00:00Z',
    });
    const last = asked.findLast(
      (url) => url.searchParams.get('instanceIdPrefix') === 'myregistry-myconnectedregistry-',
    );
    expect(Object.fromEntries(last?.searchParams ?? [])).toMatchObject({
      instanceIdPrefix: 'myregistry-myconnectedregistry-',
      runtimeStatus: 'Pending,Running,Suspended',
      createdTimeFrom: '2026-03-01T11:59:00.000Z',
      showInput: 'true',
    });
    expect(asked.map((url) => url.searchParams.get('instanceIdPrefix'))).toContain(
      'wn-myregistry-myconnectedregistry-',
    );
  });

  test('reads waiting runs of one registry only, if the filter names one', async () => {
    const id = addWaiting('a');
    expect(await ids({ registry: REGISTRY })).toEqual([id]);
    const prefixes = [...new Set(asked.map(({ searchParams }) => searchParams.get('instanceIdPrefix')))];
    expect(prefixes).toEqual(['myregistry-', 'wn-myregistry-', 'wf-myregistry-', 'wr-myregistry-', 'rv-']);
  });

  test.each<Readonly<Record<string, string>>>([
    {},
    { registry: REGISTRY },
    { connectedRegistry: CONNECTED_REGISTRY },
    { client: 'a', since: '2026-03-01T11:00:00Z' },
  ])('with %o lists runs by their prefixes, never the engine’s entities', async (query) => {
    const all = [add('a'), addWaiting('a')];
    engine.instances.set('@client@x', { name: '@client', input: onboardingRun(), runtimeStatus: 'Running' });
    expect((await ids(query)).toSorted()).toEqual(all.toSorted());
    for (const { searchParams } of asked) expect(searchParams.get('instanceIdPrefix')).toMatch(/^[a-z]+-/);
  });

  test('shows a waiting run as an operation of the client', async () => {
    const present = add('a');
    const waiting = addWaiting('a');
    expect((await ids()).toSorted()).toEqual([present, waiting].toSorted());
    expect((await ids({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client: 'a' })).toSorted()).toEqual(
      [present, waiting].toSorted(),
    );
  });

  test('shows a run that waited once, as the run that it started', async () => {
    const started = add('a', {}, CONNECTED_REGISTRY, 'r2');
    const waiting = addWaiting('a');
    expect(waiting).toBe(started);
    expect(await ids()).toEqual([started]);
    expect(await ids({ top: '1' })).toEqual([started]);
    addWaiting('a', { runtimeStatus: 'Completed', output: outcome('completed', { startedAs: started }) });
    expect(await ids()).toEqual([started]);
    add('a', {}, CONNECTED_REGISTRY, 'r3');
    expect(await ids()).toEqual([started.replace('.r2', '.r3')]);
  });

  test('shows revocations next to the client’s run, with an id of the client', async () => {
    const present = add('a');
    const input = { ...onboardingRun({ client: 'a' }), run: 'r9' };
    const key = clientKey(input.request);
    const revocation = { name: REVOKE, input, runtimeStatus: 'Running' };
    engine.instances.set(revocationInstance({ instance: key, run: 'r9' }), revocation);
    const both = [present, `${key}.r9`].toSorted();
    expect((await ids()).toSorted()).toEqual(both);
    expect(await ids({ kind: 'revoke' })).toEqual([`${key}.r9`]);
    const named = { registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY };
    expect((await ids(named)).toSorted()).toEqual(both);
    expect((await ids({ ...named, client: 'a' })).toSorted()).toEqual(both);
    expect(await ids({ ...named, client: 'b' })).toEqual([]);
  });

  test('calls the engine by its HTTP address if it has no RPC address', async () => {
    const id = add('a');
    const { body } = await list({}, listingContext(''));
    expect((body as unknown as OperationPage).operations).toMatchObject([{ id }]);
    expect(asked[0]?.href).toMatch(
      /^http:\/\/app\.test\/runtime\/webhooks\/durabletask\/instances\/\?taskHub=h&code=k&/,
    );
  });
});

describe('earlier runs', () => {
  const keyOf = (client: string) => clientKey({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client });
  /** Notes how a run of a client ended, in minutes after eleven. */
  function addEnded(client: string, run: string, minute: number, status: 'failed' | 'completed' = 'failed'): string {
    const at = (minutes: number) => new Date(Date.parse('2026-03-01T11:00:00Z') + minutes * 60_000).toISOString();
    const id = `${keyOf(client)}.${run}`;
    const ended = {
      id,
      kind: 'onboard' as const,
      actor: 'ann',
      client: { registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client },
      startedAt: at(minute),
      endedAt: at(minute + 1),
      status,
      ...(status === 'failed' ? { failure: { code: 'cancelled' as const, message: 'm', residue: ['r'] } } : {}),
    };
    const name = `@client@${keyOf(client)}`;
    const state = (engine.entities.get(name) ?? {}) as ClientRecord;
    engine.entities.set(name, { ...state, ended: [...(state.ended ?? []), ended] });
    return id;
  }
  const SINCE = '2026-03-01T11:00:00Z';

  test('of all clients are listed since an instant, ordered by time, by status and page', async () => {
    const present = ['a', 'b'].map((client) =>
      add(client, { runtimeStatus: 'Completed', output: outcome('completed') }),
    );
    const failed = [
      addEnded('a', 'e1', 10),
      addEnded('b', 'e1', 20),
      addEnded('a', 'e2', 30),
      addEnded('b', 'e2', 40),
    ].toReversed();
    addEnded('a', 'e3', 35, 'completed');
    expect(await ids({ status: 'failed', since: SINCE })).toEqual(failed);
    expect(await ids({ status: 'failed', since: '2026-03-01T11:25:00Z' })).toEqual(failed.slice(0, 2));
    expect((await ids({ since: SINCE })).toSorted()).toEqual([...present, ...failed, `${keyOf('a')}.e3`].toSorted());
    const found: string[] = [];
    for (let continuation: string | undefined = ''; continuation !== undefined;) {
      const next: OperationPage = await page({ since: SINCE, top: '2', ...(continuation ? { continuation } : {}) });
      found.push(...next.operations.map(({ id }) => id));
      ({ continuation } = next);
    }
    expect(found).toEqual(await ids({ since: SINCE }));
  });

  test('are shown once: a run with an instance is not taken from the record', async () => {
    const id = add(
      'a',
      { runtimeStatus: 'Completed', output: outcome('failed', { failure }) },
      CONNECTED_REGISTRY,
      'e1',
    );
    addEnded('a', 'e1', 10);
    expect(await ids({ since: SINCE })).toEqual([id]);
    expect(await ids({ since: SINCE, status: 'failed', top: '1' })).toEqual([id]);
  });

  test('of clients without a run since then are not read, and no record is read without since', async () => {
    add('a');
    addEnded('b', 'e1', 10);
    expect(await ids({ since: SINCE, status: 'failed' })).toEqual([]);
    engine.reads = 0;
    await ids({ status: 'failed' });
    expect(engine.reads).toBe(0);
  });

  test('of a check of all are listed, too', async () => {
    const request = { registries: [REGISTRY] };
    engine.instances.set('ck-all', { name: CHECK, input: { ...onboardingRun(), request }, runtimeStatus: 'Running' });
    const ended = {
      id: 'ck-all.e1',
      kind: 'check',
      actor: 'timer',
      status: 'failed',
      startedAt: SINCE,
      endedAt: SINCE,
    };
    engine.entities.set('@client@ck-all', { ended: [ended] });
    expect(await ids({ since: SINCE, status: 'failed' })).toEqual(['ck-all.e1']);
  });

  test('are read for a maximum of clients, and the answer says if some were omitted', async () => {
    for (let nth = 0; nth < 501; nth += 1) add(`c${nth}`, { runtimeStatus: 'Completed', output: outcome('completed') });
    engine.reads = 0;
    expect((await page({ since: SINCE, status: 'failed' })).omitsEarlier).toBe(true);
    expect(engine.reads).toBeLessThanOrEqual(500);
    engine.instances.delete(keyOf('c0'));
    expect(await page({ since: SINCE, status: 'failed' })).toEqual({ operations: [] });
  });
});
