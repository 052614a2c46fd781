import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { inAuditScope } from '../../../src/audit/audit.js';
import type {
  ClientRecord,
  ClientRecordOperation,
  ClientRecordRequests,
} from '../../../src/domain/clients/clientRecord.js';
import type { Redemption } from '../../../src/domain/enrolment/enrolment.js';
import { createClientRecord } from '../../../src/entities/clientRecord.js';
import { vaultHosts } from '../../../src/settings/vaults.js';
import { config } from '../fakes/answers/requests.js';
import type { EntityCall } from '../../../src/domain/operations/entityCall.js';

const clientRecord = createClientRecord(vaultHosts(config()));
const GATEWAY = '11111111-1111-1111-1111-111111111111';
const OTHER = '22222222-2222-2222-2222-222222222222';
const client = { registry: 'myregistry', connectedRegistry: 'plant', client: 'sensor-7' };
const by = { operation: 'client.run', actor: 'ada' };
const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12) + second * 1000).toISOString();
const setting = (second: number, objectId = GATEWAY) => ({
  objectId,
  client,
  at: at(second),
  effectiveAt: at(second),
});

/** Carries out an operation. @returns its answer, and the lines of the audit */
async function send<Operation extends ClientRecordOperation>(
  record: ClientRecord,
  operation: Operation,
  request: Omit<ClientRecordRequests[Operation], 'by'>,
  now = 100,
) {
  const lines: Record<string, unknown>[] = [];
  const log = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const answer = await inAuditScope({ log, actor: by.actor }, () =>
    clientRecord(
      { operation, request: { ...request, by } } as EntityCall<ClientRecordRequests>,
      record,
      new Date(at(now)),
      clientKey(client),
    ),
  );
  return { ...answer, lines };
}

describe('the record of a client', () => {
  test('signals the indexes of the poller that it gets and of the one that it loses', async () => {
    const first = await send({}, 'setPoller', setting(1));
    const toIndex = (objectId: string) => ({ name: 'poller', key: objectId });
    const added = (objectId: string, second: number) => ({
      entity: toIndex(objectId),
      operation: 'add',
      request: { client, since: at(second) },
    });
    const removed = (objectId: string, second: number) => ({
      entity: toIndex(objectId),
      operation: 'remove',
      request: { client, at: at(second) },
    });
    expect([first.outcome, first.signals]).toEqual([{ kind: 'done', value: {} }, [added(GATEWAY, 1)]]);
    const second = await send(first.state, 'setPoller', setting(2, OTHER));
    expect(second.signals).toEqual([removed(GATEWAY, 2), added(OTHER, 2)]);
    for (const end of ['beginOffboarding', 'forget'] as const)
      expect((await send(second.state, end, { requestedAt: at(3) })).signals).toEqual([removed(OTHER, 100)]);
    expect((await send(second.state, 'revoke', { at: at(3), until: at(9) })).signals).toEqual([removed(OTHER, 100)]);
    expect((await send(second.state, 'withdrawPoller', { at: at(3) })).signals).toEqual([removed(OTHER, 3)]);
  });

  test('signals nothing if nothing changes', async () => {
    const { state } = await send({}, 'setPoller', setting(1));
    expect(await send(state, 'setPoller', setting(1))).toEqual({
      state,
      outcome: { kind: 'done', value: {} },
      lines: [],
    });
    for (const operation of ['acknowledge', 'notePolled'] as const)
      expect(await send(state, operation, { version: 'v1', objectId: GATEWAY, at: at(2) })).not.toHaveProperty(
        'signals',
      );
  });

  test('sets no poller for a request that is older than a revocation', async () => {
    const { state } = await send({}, 'revoke', { at: at(5), until: at(9) }, 5);
    const late = await send(state, 'setPoller', { ...setting(6), effectiveAt: at(4) });
    expect([late.state, late.outcome]).toEqual([state, expect.objectContaining({ kind: 'failed', code: 'revoked' })]);
    expect((await send(state, 'setPoller', { ...setting(6), effectiveAt: at(6) })).outcome.kind).toBe('done');
  });

  test('says that a later decision stands', async () => {
    const { state } = await send({}, 'setPoller', setting(5));
    expect((await send(state, 'setPoller', setting(4, OTHER))).outcome).toMatchObject({ code: 'poller-changed' });
  });

  test('has the audit name who set and removed it, once', async () => {
    const first = await send({}, 'setPoller', setting(1));
    const named = { actor: 'ada', resource: clientKey(client), poller: GATEWAY };
    expect(first.lines).toEqual([{ audit: 'poller.set.succeeded', ...named }]);
    const removed = await send(first.state, 'withdrawPoller', { at: at(2) });
    expect(removed.lines).toEqual([{ audit: 'poller.remove.succeeded', ...named }]);
    expect((await send(removed.state, 'withdrawPoller', { at: at(3) })).lines).toEqual([]);
    expect((await send(removed.state, 'setPoller', setting(1))).lines).toEqual([]);
  });

  test('ends the poller when a device joins by a token, and remembers none for events', async () => {
    const hash = 'a-hash';
    const enrolled = await send({}, 'enrol', { enrolment: { hash, issuedAt: at(1), expiresAt: at(90) } });
    const { state } = await send(enrolled.state, 'setPoller', setting(2));
    const redemption = { hash, keys: {} as Redemption['keys'], thumbprint: 'a-thumbprint', at: at(3) };
    const joined = await send(state, 'redeem', { redemption });
    expect(joined.state).toMatchObject({ joined: { thumbprint: 'a-thumbprint' } });
    expect(joined.state.polling).toEqual({ decidedAt: at(3) });
    expect(joined.signals).toMatchObject([{ entity: { key: GATEWAY }, operation: 'remove' }]);
    expect(joined.lines).toMatchObject([{ audit: 'poller.remove.succeeded', poller: GATEWAY }]);

    const named = await send(joined.state, 'setPoller', setting(4));
    const again = await send(named.state, 'redeem', { redemption });
    expect(again.state.polling?.current?.objectId).toBe(GATEWAY);
  });

  test('knows a client with a poller, and keeps who it was after an offboarding', async () => {
    const { state } = await send({}, 'setPoller', setting(1));
    expect((await send(state, 'beginOffboarding', { requestedAt: at(2) })).outcome).toMatchObject({
      value: { isKnown: true, ended: [`poller ${GATEWAY}`] },
    });
    const forgotten = await send(state, 'forget', {});
    expect(forgotten.state.polling).toEqual({ decidedAt: at(100), last: GATEWAY });
    const begun = await send(forgotten.state, 'begin', { requestedAt: at(101) });
    expect(begun.outcome).toMatchObject({ value: { poller: { last: GATEWAY, decidedAt: at(100) } } });
  });
});
