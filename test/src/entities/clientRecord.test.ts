import { describe, expect, test } from 'vitest';
import type {
  ClientRecord,
  ClientRecordOperation,
  ClientRecordRequests,
} from '../../../src/domain/clients/clientRecord.js';
import { clientRecord } from '../../../src/entities/clientRecord.js';

const by = { operation: 'client.run', actor: 'function-key' };
const EARLY = '2026-03-01T12:00:00.000Z';
const LATE = '2026-03-01T12:00:01.000Z';
/** When a revocation that is disabling counts as lost. */
const OVER = '2026-03-01T12:15:00.000Z';
const disabling = [{ operation: by.operation, until: OVER }];

const send = <Operation extends ClientRecordOperation>(
  record: ClientRecord,
  operation: Operation,
  request: Omit<ClientRecordRequests[Operation], 'by'>,
  now = EARLY,
) => clientRecord(operation, { ...request, by }, record, new Date(now));

describe('a run that begins', () => {
  test('goes on when nothing is known of the client', async () => {
    expect(await send({}, 'begin', { requestedAt: EARLY })).toEqual({
      state: {},
      outcome: { kind: 'done', value: {} },
    });
  });

  test('is refused when the client was revoked since it was asked for, and the mark stays', async () => {
    const record = { revokedAt: LATE };
    const { state, outcome } = await send(record, 'begin', { requestedAt: EARLY });
    expect([state, outcome]).toMatchObject([record, { kind: 'failed', code: 'revoked' }]);
  });

  test('in the very instant of the revocation is refused', async () => {
    expect((await send({ revokedAt: LATE }, 'begin', { requestedAt: LATE })).outcome.kind).toBe('failed');
  });

  test('is told of a revocation before it, and the mark stays until it is lifted', async () => {
    const { state, outcome } = await send({ revokedAt: EARLY }, 'begin', { requestedAt: LATE });
    const clears = { revokedAt: EARLY, disabled: [] };
    expect([state, outcome]).toEqual([{ revokedAt: EARLY }, { kind: 'done', value: { clears } }]);
    expect((await send(state, 'clearRevocation', { effectiveAt: LATE })).state).toEqual({});
  });

  test('counts by its event’s time: an old event that is delivered again lifts no revocation', async () => {
    const { outcome } = await send({ revokedAt: LATE }, 'begin', {
      requestedAt: '2026-03-02T00:00:00.000Z',
      eventAt: EARLY,
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'revoked' });
  });

  test('for an event older than one that was taken is refused', async () => {
    const { outcome } = await send({ newestEventAt: LATE }, 'begin', { requestedAt: LATE, eventAt: EARLY });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'stale-event' });
  });

  test('for the same event again goes on, and for a newer one notes it', async () => {
    expect((await send({ newestEventAt: LATE }, 'begin', { requestedAt: LATE, eventAt: LATE })).outcome.kind).toBe(
      'done',
    );
    const { state } = await send({ newestEventAt: EARLY }, 'begin', { requestedAt: LATE, eventAt: LATE });
    expect(state).toEqual({ newestEventAt: LATE });
  });
});

describe('a revocation', () => {
  test('counts from the entity’s own time: a run that began before the mark came is older', async () => {
    const { state, outcome } = await send({}, 'revoke', { at: EARLY, until: OVER }, LATE);
    expect([state, outcome]).toEqual([
      { revokedAt: LATE, disabling },
      { kind: 'done', value: { revokedAt: LATE, isKnown: false } },
    ]);
  });

  test('remembers which tokens it disabled, and tells the run that lifts it', async () => {
    const first = await send({ revokedAt: EARLY }, 'noteDisabled', { tokens: ['Token-A'] });
    const { state } = await send(first.state, 'noteDisabled', { tokens: ['token-a', 'token-b'] });
    expect(state).toEqual({ revokedAt: EARLY, disabled: ['token-a', 'token-b'] });
    expect((await send(state, 'begin', { requestedAt: LATE })).outcome).toEqual({
      kind: 'done',
      value: { clears: { revokedAt: EARLY, disabled: ['token-a', 'token-b'] } },
    });
    expect((await send(state, 'clearRevocation', { effectiveAt: LATE })).state).toEqual({});
  });

  const marked = async () => (await send({}, 'revoke', { at: EARLY, until: OVER })).state;
  const begins = async (record: ClientRecord, now = LATE) =>
    (await send(record, 'begin', { requestedAt: LATE }, now)).outcome.kind;

  test('at its writes has the run that is to lift it wait: until it is done, or counts as lost', async () => {
    const record = await marked();
    expect([await begins(record), await begins(record, OVER)]).toEqual(['retryLater', 'done']);
    expect(await begins((await send(record, 'endDisabling', {})).state)).toBe('done');
    expect((await send(record, 'begin', { requestedAt: EARLY })).outcome.kind).toBe('failed');
  });

  test('is not done by the end of another one', async () => {
    const second = { at: EARLY, until: OVER, by: { ...by, operation: 'client.other' } };
    const { state } = await clientRecord('revoke', second, await marked(), new Date(EARLY));
    expect(await begins((await send(state, 'endDisabling', {})).state)).toBe('retryLater');
  });

  test('looks again while it stands, and has others wait then, too', async () => {
    const record = (await send(await marked(), 'endDisabling', {})).state;
    const looks = await send(record, 'beginDisabling', { revokedAt: EARLY, until: OVER });
    expect(looks.outcome).toEqual({ kind: 'done', value: { stands: true } });
    expect(await begins(looks.state)).toBe('retryLater');
    const cleared = await send((await send(record, 'clearRevocation', { effectiveAt: LATE })).state, 'beginDisabling', {
      revokedAt: EARLY,
      until: OVER,
    });
    expect(cleared).toEqual({ state: {}, outcome: { kind: 'done', value: { stands: false } } });
  });

  test('that was lifted meanwhile notes nothing', async () => {
    expect((await send({}, 'noteDisabled', { tokens: ['token-a'] })).state).toEqual({});
  });

  test.each([
    ['came after the run was asked for', LATE, EARLY, { revokedAt: LATE }],
    ['came in the same instant', LATE, LATE, { revokedAt: LATE }],
    ['came before, and is the one that the run lifts', EARLY, LATE, {}],
  ])('that %s', async (_, revokedAt, effectiveAt, value) => {
    expect((await send({ revokedAt }, 'revokedSince', { effectiveAt })).outcome).toEqual({ kind: 'done', value });
  });
});

describe('an offboarding that begins', () => {
  test('is kept from it by no revocation', async () => {
    const { outcome } = await send({ revokedAt: LATE }, 'beginOffboarding', { requestedAt: EARLY });
    expect(outcome.kind).toBe('done');
  });

  test('for an event older than one that was taken is refused', async () => {
    const request = { requestedAt: LATE, eventAt: EARLY };
    expect((await send({ newestEventAt: LATE }, 'beginOffboarding', request)).outcome).toMatchObject({
      kind: 'failed',
      code: 'stale-event',
    });
  });

  test('makes every older event late: none brings the device back', async () => {
    const { state } = await send({}, 'beginOffboarding', { requestedAt: LATE });
    const old = { requestedAt: '2026-03-02T00:00:00.000Z', eventAt: EARLY };
    expect((await send(state, 'begin', old)).outcome).toMatchObject({ kind: 'failed', code: 'stale-event' });
  });
});

describe('what is known of a client', () => {
  test.each([
    ['revocations', (record: ClientRecord, at: string) => send(record, 'revoke', { at, until: OVER })],
    ['events', (record: ClientRecord, at: string) => send(record, 'noteEvent', { at })],
  ])('keeps the latest of two %s, in either order', async (_, note) => {
    const once = await note({}, LATE);
    expect((await note(once.state, EARLY)).state).toEqual(once.state);
    const earlier = await note({}, EARLY);
    expect((await note(earlier.state, LATE)).state).toMatchObject(once.state);
  });

  test('a repeated revocation says when the client was revoked first, until it is cleared or ends what came between', async () => {
    const LATEST = '2026-03-01T12:00:02.000Z';
    const twice = await send({ revokedAt: EARLY }, 'revoke', { at: LATE, until: OVER });
    expect(twice.state).toEqual({ revokedAt: LATE, firstRevokedAt: EARLY, disabling });
    expect(twice.outcome).toMatchObject({ kind: 'done', value: { revokedAt: LATE, firstRevokedAt: EARLY } });
    const thrice = await send(twice.state, 'revoke', { at: LATEST, until: OVER });
    expect(thrice.state).toEqual({ revokedAt: LATEST, firstRevokedAt: EARLY, disabling });
    expect((await send(thrice.state, 'begin', { requestedAt: LATE })).outcome).toMatchObject({ code: 'revoked' });
    expect((await send(thrice.state, 'forget', {})).state).toMatchObject(thrice.state);
    expect((await send(twice.state, 'clearRevocation', { effectiveAt: LATEST })).state).toEqual({ disabling });
  });

  test('the ends of its last twenty runs, each once, whatever is forgotten besides', async () => {
    const ended = (nth: number) => ({
      id: `client.r${nth}`,
      kind: 'rotate' as const,
      actor: 'sweep',
      startedAt: EARLY,
      endedAt: LATE,
      status: 'completed' as const,
    });
    let record: ClientRecord = { acknowledged: 'v1' };
    const each = Array.from({ length: 25 }, (_, nth) => nth);
    for (const nth of each.flatMap((one) => [one, one]))
      ({ state: record } = await send(record, 'noteEnd', { ended: ended(nth) }));
    expect(record.ended?.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, nth) => `client.r${nth + 5}`));
    expect((await send(record, 'forget', {})).state).toMatchObject({ ended: record.ended });
  });

  test('a lift does not end a revocation that came after the run was asked for', async () => {
    expect((await send({ revokedAt: LATE }, 'clearRevocation', { effectiveAt: EARLY })).state).toEqual({
      revokedAt: LATE,
    });
  });

  test('a due rotation is due since it was first marked, until one that was asked for later is done', async () => {
    const first = await send({}, 'markRotationDue', { at: EARLY });
    const again = await send(first.state, 'markRotationDue', { at: LATE });
    expect(again.state).toEqual({ rotationDueSince: EARLY });
    expect((await send({ rotationDueSince: LATE }, 'clearRotationDue', { at: EARLY })).state).toEqual({
      rotationDueSince: LATE,
    });
    expect((await send(again.state, 'clearRotationDue', { at: LATE })).state).toEqual({});
  });

  test('is forgotten with the client, but its revocation and the newest event', async () => {
    const disabling = [{ operation: 'client.revocation', until: LATE }];
    const kept = { revokedAt: EARLY, disabled: ['token-a'], disabling, newestEventAt: LATE };
    const record = { ...kept, rotationDueSince: EARLY, acknowledged: 'v1' };
    const forgotten = await send(record, 'forget', {});
    expect(forgotten.state).toEqual({ ...kept, knownSince: expect.any(String) as unknown });
    // It was there, so that an offboarding of it again is none of a client that nobody knows.
    expect((await send(forgotten.state, 'beginOffboarding', { requestedAt: LATE })).outcome).toMatchObject({
      value: { isKnown: true },
    });
    expect((await send({}, 'acknowledge', { version: 'v2' })).state).toEqual({ acknowledged: 'v2' });
  });
});
