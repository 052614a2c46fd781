import { expect, test } from 'vitest';
import { fleetLines, type MeasuredFleet } from '../../../src/bench/fleet/fleetTable.js';
import { bucketsOf, floorOf, neededRequests } from '../../../src/bench/fleet/floor.js';

const size = { clients: 300, connectedRegistries: 6, registries: 1 };
const requests = {
  reads: 900,
  writes: 612,
  deletes: 0,
  polls: 300,
  throttled: 15,
  vaultCalls: 1500,
  throttledVaultCalls: 0,
  tokenRequests: 2,
};
const measured: MeasuredFleet = {
  size,
  identities: 1,
  isRollout: false,
  seconds: 44,
  realSeconds: 45,
  isClockJumping: false,
  floor: floorOf(neededRequests(size), bucketsOf(1)),
  completed: 300,
  failures: {},
  repeated: 0,
  requests,
  use: { storageReads: 2_500, processorSeconds: 30, memory: 300 * 1024 ** 2 },
};

const rows = (fleet: Partial<MeasuredFleet> = {}) =>
  new Map(fleetLines({ ...measured, ...fleet }).map(({ what, ...line }) => [what, line]));

test('the floor is said with what it is made of, and the ratio has a goal', () => {
  const table = rows();
  expect(table.get('clients')?.value).toBe('300 on 6 connected registries in 1 registry');
  expect(table.get('floor')?.value).toBe('40.7 s: 607 writes at least, 200 at once, then 10/s');
  expect(table.get('times the floor')).toEqual({ value: '1.08', goal: '<= 1.15', met: true });
  expect(rows({ seconds: 140 }).get('times the floor')).toMatchObject({ value: '3.44', met: false });
});

test('a larger fleet has a narrower goal', () => {
  const large = { clients: 1000, connectedRegistries: 20, registries: 1 };
  const floor = floorOf(neededRequests(large), bucketsOf(1));
  const ratio = (seconds: number) => rows({ size: large, floor, seconds }).get('times the floor');
  expect(ratio(200)).toEqual({ value: '1.10', goal: '<= 1.1', met: true });
  expect(ratio(202)).toMatchObject({ met: false });
});

test('a short floor, none, and no throttling are said, and judge nothing', () => {
  const floorOfSize = (clients: number) =>
    floorOf(neededRequests({ ...size, clients, connectedRegistries: 2 }), bucketsOf(1));
  const short = rows({ floor: floorOfSize(100), seconds: 3 }).get('times the floor');
  expect(short).toEqual({ value: '10.00, of a floor too short to judge it by' });
  expect(rows({ floor: floorOfSize(50) }).get('times the floor')).toEqual({
    value: 'no floor: the bucket holds all of them',
  });
  const free = rows({ floor: undefined });
  expect(free.get('floor')).toEqual({ value: 'none: nothing is throttled' });
  expect(free.has('times the floor')).toBe(false);
});

test('requests are counted for each client, and the refused share of all', () => {
  const table = rows();
  expect(table.get('ARM reads a client, polls and refused ones too')).toEqual({
    value: '3.00',
    goal: '<= 3',
    met: true,
  });
  expect(table.get('ARM writes a client, refused ones too')).toMatchObject({ value: '2.04', met: true });
  expect(table.get('vault calls a client')).toMatchObject({ value: '5.00', met: true });
  expect(table.get('ARM requests refused')).toEqual({ value: '1.0 %', goal: '<= 1 %', met: true });
  const more = rows({ requests: { ...requests, reads: 903, vaultCalls: 1501, throttled: 16 } });
  const judged = ['ARM reads a client, polls and refused ones too', 'vault calls a client', 'ARM requests refused'];
  expect(judged.map((what) => more.get(what)?.met)).toEqual([false, false, false]);
});

test('a small fleet has no goal for requests, because it shares few', () => {
  const table = rows({ size: { ...size, clients: 99 } });
  expect(table.get('ARM reads a client, polls and refused ones too')?.goal).toBeUndefined();
});

test('what did not complete is counted by code, the most frequent first', () => {
  const table = rows({ completed: 180, failures: { 'bind-failed': 5, 'step-deadline': 115 } });
  expect(table.get('completed')).toEqual({ value: '180', goal: '300', met: false });
  expect(table.get('not completed, by code')?.value).toBe('step-deadline 115, bind-failed 5');
  expect(rows().get('not completed, by code')?.value).toBe('none');
});

test('memory and real time have goals for ten thousand clients on a clock that jumps', () => {
  const many = { clients: 10_000, connectedRegistries: 200, registries: 4 };
  const table = rows({ size: many, isClockJumping: true, realSeconds: 1300, identities: 4 });
  expect(table.get('clients')?.value).toBe('10000 on 200 connected registries in 4 registries, 4 identities');
  expect(table.get("the app's memory, maximum")).toEqual({ value: '300 MB', goal: '<= 600 MB', met: true });
  expect(table.get('real time')).toEqual({ value: '1300.0 s', goal: '< 1200 s', met: false });
  expect(rows().has('real time')).toBe(false);
  const unknown = { storageReads: undefined, processorSeconds: undefined, memory: undefined };
  expect(rows({ use: unknown }).get("the app's memory, maximum")?.value).toBe('not reported by this system');
});

test('what the app has used is said for each client, as far as it was measured', () => {
  expect(rows().get('reads of instances and entities a client')?.value).toBe('8.33');
  expect(rows().get("the app's processor time a client")?.value).toBe('0.10 s');
  const unknown = { storageReads: undefined, processorSeconds: undefined, memory: undefined };
  const table = rows({ use: unknown });
  expect(table.has('reads of instances and entities a client')).toBe(false);
  expect(table.has("the app's processor time a client")).toBe(false);
});

test('the same fleet without the budget stands beside it', () => {
  const other = { seconds: 132, completed: 290, failures: { 'step-deadline': 10 } };
  const table = rows({ withoutBudget: { ...other, requests: { ...requests, reads: 13_200, throttled: 12_000 } } });
  expect(table.get('without the budget: seconds')?.value).toBe('132.0 s, 3.0 times as long');
  expect(table.get('without the budget: completed')?.value).toBe('290; not completed, by code: step-deadline 10');
  expect(table.get('without the budget: requests a client')?.value).toBe(
    '44.00 reads, 2.04 writes, 40.00 answered 429',
  );
});

test('the quickstart is measured with ten devices, and the rest is said to be arithmetic', () => {
  const table = rows({ byHand: { devices: 10, seconds: 60, writes: 40 } });
  expect(table.get('quickstart by az, 10 devices, measured')?.value).toBe('60.0 s, 4.0 writes a device');
  expect(table.get('quickstart by az, 300 devices, by arithmetic')?.value).toBe(
    '1800.0 s, 40.9 times as long, without the pull check',
  );
});

test('devices that have joined are in the table, and the goal of vault calls has their reads', () => {
  expect(rows().has('devices joined before that')).toBe(false);
  const table = rows({ joined: { seconds: 12, polls: { answered: 900, refused: 3 } } });
  expect(table.get('devices joined before that')?.value).toBe('300 in 12.0 s, 25.0 a second');
  expect(rows().get('vault calls a client')?.goal).toBe('<= 5');
  expect(table.get('vault calls a client')?.goal).toBe('<= 7');
  expect(table.get('requests for messages')?.value).toBe('900; refused and repeated 3');
});
