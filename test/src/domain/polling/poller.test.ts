import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import {
  endPoller,
  isSet,
  notePolled,
  setPoller,
  undoPoller,
  withdrawPoller,
  type PollingState,
} from '../../../../src/domain/polling/poller.js';
import {
  addPolled,
  confirmation,
  hasRoom,
  MAX_POLLED,
  NO_CLIENTS,
  pollerSignals,
  removePolled,
  type PollerIndexState,
  type PollerSignal,
} from '../../../../src/domain/polling/pollerIndex.js';

const [ONE, OTHER, THIRD] = ['1', '2', '3'].map((digit) => `${digit.repeat(8)}-1111-1111-1111-111111111111`) as [
  string,
  string,
  string,
];
const client: ClientReference = { registry: 'myregistry', connectedRegistry: 'plant', client: 'sensor-7' };
const at = (second: number) => new Date(Date.UTC(2026, 2, 1) + second * 1000).toISOString();
const set = (objectId: string, second: number) => ({ objectId, client, at: at(second) });
const currentOf = ({ polling }: PollingState) => polling?.current?.objectId;

describe('the poller in a client’s record', () => {
  test('is the one that was set last, in whatever order that is told', () => {
    const first = setPoller({}, set(ONE, 1));
    expect(currentOf(setPoller(first, set(OTHER, 2)))).toBe(OTHER);
    expect(currentOf(setPoller(setPoller({}, set(OTHER, 2)), set(ONE, 1)))).toBe(OTHER);
  });

  test('does not come back after it ended, was withdrawn or was undone', () => {
    const state: PollingState = setPoller({}, set(ONE, 1));
    const undone = { objectId: ONE, client, setAt: at(1), at: at(2) };
    for (const ended of [endPoller(state, at(2)), withdrawPoller(state, at(2)), undoPoller(state, undone)]) {
      expect(currentOf(ended)).toBeUndefined();
      expect(currentOf(setPoller(ended, set(ONE, 1)))).toBeUndefined();
      expect(currentOf(setPoller(ended, set(OTHER, 2)))).toBeUndefined();
      expect(currentOf(setPoller(ended, set(OTHER, 3)))).toBe(OTHER);
    }
  });

  test('ends at once also if it was set by a clock that is ahead', () => {
    const ended = endPoller(setPoller({}, set(ONE, 5)), at(2));
    expect(currentOf(ended)).toBeUndefined();
    expect(currentOf(setPoller(ended, set(ONE, 5)))).toBeUndefined();
  });

  test('is remembered after its end, but not after an operator withdrew it', () => {
    const state: PollingState = setPoller({}, set(ONE, 1));
    expect(endPoller(state, at(2)).polling).toEqual({ decidedAt: at(2), last: ONE });
    expect(withdrawPoller(state, at(2)).polling).toEqual({ decidedAt: at(2) });
  });

  test('is the one before, once the run that set it is undone', () => {
    const state: PollingState = setPoller(setPoller({}, set(ONE, 1)), set(OTHER, 2));
    const undone = undoPoller(state, { objectId: OTHER, client, setAt: at(2), at: at(3), former: ONE });
    expect(undone.polling).toEqual({
      decidedAt: at(3),
      current: { objectId: ONE, since: at(3), client },
      last: ONE,
    });
    expect(setPoller(undone, set(OTHER, 2))).toEqual(undone);
  });

  test('stays if a run is undone that never set it, and that run’s request comes too late', () => {
    const state: PollingState = setPoller({}, set(ONE, 1));
    const undone = undoPoller(state, { objectId: OTHER, client, setAt: at(2), at: at(3), former: ONE });
    expect(currentOf(undone)).toBe(ONE);
    expect(currentOf(setPoller(undone, set(OTHER, 2)))).toBe(ONE);
    expect(currentOf(setPoller(undone, set(THIRD, 3)))).toBe(THIRD);
  });

  test('that was set later stays when an earlier run is undone, or an earlier withdrawal comes late', () => {
    const state = setPoller(setPoller({}, set(ONE, 1)), set(OTHER, 3));
    expect(undoPoller(state, { objectId: ONE, client, setAt: at(1), at: at(4) })).toEqual(state);
    expect(withdrawPoller(state, at(2))).toEqual(state);
  });

  test('keeps the latest contact of the current poller', () => {
    const state: PollingState = setPoller({}, set(ONE, 1));
    const noted = notePolled(state, ONE, at(5));
    expect(noted.polling?.current?.lastContactAt).toBe(at(5));
    expect(notePolled(noted, ONE, at(4))).toEqual(noted);
    expect(notePolled(noted, OTHER, at(6))).toEqual(noted);
    expect(notePolled({}, ONE, at(6))).toEqual({});
  });
});

const listedIn = (index: PollerIndexState) => index.clients.map((one) => one.client.client);
const numbered = (nth: number): ClientReference => ({ ...client, client: `sensor-${nth}` });

describe('the index of a poller', () => {
  const full = Array.from({ length: MAX_POLLED }, (_, nth) => numbered(nth)).reduce<PollerIndexState>(
    (state, one) => addPolled(state, { client: one, since: at(1) }).state,
    NO_CLIENTS,
  );

  test('has places for twenty, and says so of one more, which it lists until that is taken back', () => {
    expect([hasRoom(full, numbered(19)), hasRoom(full, numbered(20))]).toEqual([true, false]);
    const { state, outcome } = addPolled(full, { client: numbered(20), since: at(2) });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'poller-full' });
    expect(addPolled(state, { client: numbered(20), since: at(2) }).outcome.kind).toBe('failed');
    expect(addPolled(state, { client: numbered(3), since: at(3) }).outcome.kind).toBe('done');
    expect(listedIn(removePolled(state, { client: numbered(20), at: at(2) }))).toEqual(listedIn(full));
  });

  test('takes names that differ in case for one client', () => {
    const twice = addPolled(full, { client: { ...numbered(3), registry: 'MyRegistry' }, since: at(2) }).state;
    expect(twice.clients).toHaveLength(MAX_POLLED);
  });

  test('remembers the last fifty removals', () => {
    let state = NO_CLIENTS;
    for (let nth = 0; nth < 60; nth += 1) state = removePolled(state, { client: numbered(nth), at: at(nth) });
    expect(state.removed.map(({ key }) => key)).toEqual(
      Array.from({ length: 50 }, (_, nth) => clientKey(numbered(nth + 10))),
    );
  });

  test('is told by the record what is right', () => {
    const state: PollingState = setPoller({}, set(ONE, 1));
    const listed = { objectId: ONE, client, since: at(0) };
    expect(confirmation(state, listed)).toEqual({
      objectId: ONE,
      operation: 'add',
      request: { client, since: at(1) },
    });
    for (const other of [{}, endPoller(state, at(2)), setPoller({}, set(OTHER, 1))])
      expect(confirmation(other, listed)).toEqual({
        objectId: ONE,
        operation: 'remove',
        request: { client, at: at(0) },
      });
  });
});

/** A change of the record, at the second of its place in the list, or of an earlier one that comes late. */
type Step = (state: PollingState, second: number) => PollingState;
const anId = fc.constantFrom(ONE, OTHER, THIRD);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anId, fc.nat(3)).map(
    ([id, late]): Step =>
      (state, second) =>
        setPoller(state, set(id, second - late)),
  ),
  fc.constant<Step>((state, second) => endPoller(state, at(second))),
  fc.constant<Step>((state, second) => withdrawPoller(state, at(second))),
  fc.tuple(anId, fc.option(anId, { nil: undefined }), fc.nat(3)).map(
    ([objectId, former, late]): Step =>
      (state, second) =>
        undoPoller(state, {
          objectId,
          client,
          setAt: at(second - late),
          at: at(second),
          ...(former === undefined ? {} : { former }),
        }),
  ),
);

describe('with messages in any order and number', () => {
  test('the last of all pollers that were set and withdrawn counts', () => {
    const aMessage = fc.record({ second: fc.nat(6), id: fc.option(anId, { nil: undefined }) });
    const send = (state: PollingState, { second, id }: { second: number; id: string | undefined }) =>
      id === undefined ? withdrawPoller(state, at(second)) : setPoller(state, set(id, second));
    const messages = fc.uniqueArray(aMessage, { selector: ({ second }) => second, minLength: 1 });
    fc.assert(
      fc.property(
        messages.chain((sent) =>
          fc.tuple(fc.constant(sent), fc.shuffledSubarray([...sent, ...sent, ...sent], { minLength: 3 * sent.length })),
        ),
        ([sent, arrived]) => {
          const last = sent.toSorted((one, other) => one.second - other.second).at(-1);
          expect(currentOf(arrived.reduce(send, {}))).toBe(last?.id);
        },
      ),
    );
  });

  test('an ended poller never comes back, whatever of before its end is repeated', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 10 }), fc.array(fc.tuple(anId, fc.nat(20))), (steps, late) => {
        const before = steps.reduce<PollingState>((state, step, nth) => step(state, nth), {});
        const ended = endPoller(before, at(20));
        const after = late.reduce((state, [id, second]) => setPoller(state, set(id, second)), ended);
        expect(after).toEqual(ended);
      }),
    );
  });

  test('the indexes end with what the record says', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (steps, numbers) => {
        const sent: PollerSignal[] = [];
        let record: PollingState = {};
        for (const [nth, step] of steps.entries()) {
          const next = step(record, nth);
          sent.push(...pollerSignals(record, next));
          record = next;
        }
        const arrived = shuffled([...sent, ...sent], numbers);
        for (const id of [ONE, OTHER, THIRD]) {
          const index = arrived.filter(({ objectId }) => objectId === id).reduce(deliver, NO_CLIENTS);
          const since = currentOf(record) === id ? record.polling?.current?.since : undefined;
          expect(index.clients).toEqual(since === undefined ? [] : [{ client, since }]);
        }
      }),
    );
  });
});

function deliver(state: PollerIndexState, signal: PollerSignal): PollerIndexState {
  return signal.operation === 'add' ? addPolled(state, signal.request).state : removePolled(state, signal.request);
}

function shuffled<T>(items: readonly T[], numbers: Iterator<number>): T[] {
  const drawn = items.map((item): [number, T] => [Number(numbers.next().value), item]);
  return drawn.sort(([one], [other]) => one - other).map(([, item]) => item);
}

test('a poller is set at its time only', () => {
  const state: PollingState = setPoller({}, set(ONE, 1));
  expect([isSet(state, set(ONE, 1)), isSet(state, set(ONE, 2)), isSet({}, set(ONE, 1))]).toEqual([true, false, false]);
});
