import { beforeEach, expect, test } from 'vitest';
import { fleetOf, type PlannedClient } from '../../src/year/fleet.js';
import type { Change } from '../../src/year/observers/credentialWatch.js';
import { RotationBook } from '../../src/year/observers/rotationBook.js';
import { Verdict } from '../../src/year/observers/verdict.js';

const day = 24 * 3600 * 1000;
const invariants = {
  lifetimeDays: 90,
  dueDays: 60,
  graceDays: 7,
  waveSize: 2,
  waveSeconds: 3600,
  writesPerRotation: 2,
};

let now = 0;
let verdict: Verdict;
let book: RotationBook;
let frozen = false;
beforeEach(() => {
  now = 0;
  frozen = false;
  verdict = new Verdict(() => new Date(now));
  book = new RotationBook(invariants, { setting: '', isFrozen: () => frozen }, verdict);
  for (const client of fleet) {
    tell(client, { kind: 'generated', slot: 'password1', expires: 90 * day });
    tell(client, { kind: 'promoted', slot: 'password1', expires: 90 * day });
  }
});

const fleet = fleetOf(10).slice(0, 4);
const [one, two, three] = fleet;
if (!one || !two || !three) throw new Error('The fleet has more than three clients.');

const tell = (client: PlannedClient, change: Change): void => book.take(client, change, now);
const begin = (client: PlannedClient, slot = 'password2'): void =>
  tell(client, { kind: 'generated', slot, expires: now + 90 * day });
const promote = (client: PlannedClient, slot = 'password2'): void =>
  tell(client, { kind: 'promoted', slot, expires: now + 90 * day });
const broken = (): string[] => verdict.violations.map(({ rule, client, what }) => `${rule} ${client} ${what}`);

test('a rotation that keeps all invariants is counted', () => {
  now = 61 * day;
  begin(one);
  book.write(one);

  expect(book.isUnderWay(one)).toBe(true);

  now += 90_000;
  promote(one);
  expect(book.isUnderWay(one)).toBe(false);

  now += 3 * day;
  tell(one, { kind: 'cleared', slot: 'password1' });
  book.write(one);
  book.close([one], now);

  expect(broken()).toEqual([]);
  expect(book.rotations).toMatchObject([{ end: 'promoted', writes: 2, startedAt: 61 * day }]);
  expect(book.rotations[0]?.daysLeft).toBeCloseTo(29, 1);
});

test('a rotation that comes too late, or never, is reported', () => {
  now = 68 * day;
  begin(one);
  promote(one);
  now = 91 * day;
  begin(two);
  promote(two);
  book.close([one, two, three], now);

  expect(broken()).toEqual([
    expect.stringMatching(/^inTime .*-01 only now rotated, 68\.0 days after/),
    expect.stringMatching(/^inTime .*-02 only now rotated, after its end/),
    expect.stringMatching(/^inTime .*-03 still rotated, after its end/),
  ]);
});

test('a third write for one rotation is reported, even if the next rotation has started', () => {
  now = 61 * day;
  begin(one);
  for (let writes = 0; writes < 3; writes += 1) book.write(one);
  promote(one);
  now = 122 * day;
  begin(one, 'password1');

  expect(broken()).toEqual([expect.stringMatching(/^writes .*-01 3 ARM writes/)]);
});

test('a wave that is too large is reported; an hour later a new one may start', () => {
  now = 61 * day;
  begin(one);
  begin(two);
  now += 3_599_000;
  begin(three);

  expect(broken()).toEqual([expect.stringMatching(/^waves .*-03 it is number 3/)]);

  now += 2000;
  begin(fleet[3] ?? three);
  expect(verdict.violations).toHaveLength(1);
});

test('nothing may start or be revoked during a freeze, but rotations in progress may end', () => {
  now = 61 * day;
  begin(one);
  frozen = true;
  promote(one);

  expect(broken()).toEqual([]);

  begin(two);
  tell(one, { kind: 'cleared', slot: 'password1' });

  expect(broken()).toEqual([
    expect.stringMatching(/^freeze .*-02 a rotation began/),
    expect.stringMatching(/^freeze .*-01 password1 was revoked/),
  ]);
});

test('a rotation that withdraws its own password counts as given up', () => {
  now = 61 * day;
  begin(one);
  tell(one, { kind: 'cleared', slot: 'password2' });
  expect(book.isUnderWay(one)).toBe(false);
  expect(book.rotations).toMatchObject([{ end: 'given up' }]);
});

test('a broken rule is reported with its client’s history', () => {
  verdict.note(one.name, 'its agent was down');
  verdict.against('pull', one.name, 'token endpoint 401');
  expect(verdict.violations[0]?.story.at(-1)).toBe('1970-01-01T00:00:00.000Z its agent was down');
});
