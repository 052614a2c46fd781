import type { InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { describe, expect, test } from 'vitest';
import { daysFrom } from '../../../src/views/schedule/days.js';
import { dayTexts } from '../../../src/views/schedule/dayTexts.js';
import { planOf, type Plan } from '../../../src/views/schedule/plan.js';

const NOW = Date.parse('2026-03-27T10:00:00Z');
const ZONE = 'Europe/Berlin';
const DAYS = daysFrom(NOW, 5, ZONE);

/** An overview with these freezes, a minute old. */
const overview = (...freezes: Overview['freezes']) => ({ asOf: '2026-03-27T09:59:00Z', freezes });

const row = (client: string, rotationDueAt: string): InventoryRow => ({
  key: client,
  registry: 'fleet',
  connectedRegistry: 'plant',
  client,
  state: 'ok',
  differences: [],
  slot: 'password1',
  issuedAt: '2026-01-01T00:00:00Z',
  expiresOn: '2026-06-01T00:00:00Z',
  rotationDueAt,
});

/** From Friday evening to Monday morning, local time; clocks go forward in it. */
const WEEKEND = { from: '2026-03-27T17:00:00Z', until: '2026-03-30T05:00:00Z' };

const clientsOf = ({ days }: Plan) =>
  Object.fromEntries(
    days.flatMap(({ date, rotations }) =>
      rotations.length === 0 ? [] : [[date, rotations.map((rotation) => rotation.row.client)]],
    ),
  );

describe('the schedule', () => {
  test('has each rotation on the local day of its due time, across the change of clocks', () => {
    const rows = [
      row('late-on-sunday', '2026-03-29T21:59:00Z'),
      row('early-on-monday', '2026-03-29T22:00:00Z'),
      row('late-on-saturday', '2026-03-28T22:59:00Z'),
      row('today', '2026-03-27T10:00:00Z'),
    ];
    expect(clientsOf(planOf(rows, overview(), DAYS, NOW))).toEqual({
      '2026-03-27': ['today'],
      '2026-03-28': ['late-on-saturday'],
      '2026-03-29': ['late-on-sunday'],
      '2026-03-30': ['early-on-monday'],
    });
  });

  test('has no client that was revoked, since no sweep rotates it', () => {
    const revoked = (name: string, due: string) => ({ ...row(name, due), state: 'revoked' as const });
    const rows = [
      revoked('due-tomorrow', '2026-03-28T12:00:00Z'),
      revoked('overdue', '2026-03-20T12:00:00Z'),
      revoked('later', '2026-06-01T12:00:00Z'),
      revoked('unreadable', 'soon'),
    ];
    const plan = planOf(rows, overview(), DAYS, NOW);
    expect([clientsOf(plan), plan.overdue, plan.later, plan.unknown]).toEqual([{}, [], 0, 0]);
  });

  test('has what is due in a freeze on the day of its end', () => {
    const rows = [
      row('in-it', '2026-03-28T12:00:00Z'),
      row('at-its-start', WEEKEND.from),
      row('at-its-end', WEEKEND.until),
      row('before', '2026-03-27T16:59:59Z'),
    ];
    const plan = planOf(rows, overview(WEEKEND), DAYS, NOW);
    expect(clientsOf(plan)).toEqual({
      '2026-03-27': ['before'],
      '2026-03-30': ['at-its-start', 'in-it', 'at-its-end'],
    });
    expect(plan.days.map(({ deferred }) => deferred)).toEqual([0, 0, 0, 2, 0]);
    expect(plan.frozenUntil).toBeUndefined();
  });

  test('cuts a freeze at the ends of its days, and says so in words', () => {
    const plan = planOf([], overview(WEEKEND), DAYS, NOW);
    const texts = dayTexts(ZONE);
    expect(plan.days.map((day) => `${texts.day(day)}: ${texts.freezes(day, plan.known)}`)).toEqual([
      'Fri 27 Mar: from 18:00',
      'Sat 28 Mar: all day',
      'Sun 29 Mar: all day',
      'Mon 30 Mar: until 07:00',
      'Tue 31 Mar: ',
    ]);
    expect(plan.freezes).toEqual([{ from: Date.parse(WEEKEND.from), until: Date.parse(WEEKEND.until) }]);
  });

  test('names two freezes of one day', () => {
    const night = { from: '2026-03-31T01:00:00Z', until: '2026-03-31T02:30:00Z' };
    const evening = { from: '2026-03-31T20:00:00Z', until: '2026-04-02T00:00:00Z' };
    const { days, known } = planOf([], overview(night, evening), DAYS, NOW);
    const tuesday = days.at(-1);
    expect(tuesday && dayTexts(ZONE).freezes(tuesday, known)).toBe('03:00 to 04:30, from 22:00');
  });

  test('has what is overdue apart, the longest due first', () => {
    const plan = planOf([row('b', '2026-03-27T09:59:59Z'), row('a', '2026-03-01T00:00:00Z')], overview(), DAYS, NOW);
    expect(plan.overdue.map((rotation) => rotation.row.client)).toEqual(['a', 'b']);
    expect(clientsOf(plan)).toEqual({});
  });

  test('lets what is overdue begin at the end of the freeze of this moment, not of one that is over', () => {
    const overdue = [row('a', '2026-03-26T12:00:00Z')];
    const over = { from: '2026-03-26T00:00:00Z', until: '2026-03-27T00:00:00Z' };
    const present = { from: '2026-03-27T09:00:00Z', until: '2026-03-27T11:00:00Z' };
    expect(planOf(overdue, overview(over), DAYS, NOW).overdue[0]?.begins).toBe(Date.parse('2026-03-26T12:00:00Z'));
    const plan = planOf(overdue, overview(over, present), DAYS, NOW);
    expect(plan.overdue[0]?.begins).toBe(Date.parse(present.until));
    expect(plan.frozenUntil).toBe(Date.parse(present.until));
  });

  test('counts what comes after its days, and what cannot be read', () => {
    const rows = [row('later', '2026-05-01T00:00:00Z'), row('unknown', 'soon'), row('known', '2026-03-28T00:00:00Z')];
    const { later, unknown, days } = planOf(rows, overview({ from: 'x', until: 'y' }), DAYS, NOW);
    expect([later, unknown]).toEqual([1, 1]);
    expect(days.reduce((sum, { rotations }) => sum + rotations.length, 0)).toBe(1);
  });

  test('counts each client once, whatever the freezes', () => {
    const rows = Array.from({ length: 500 }, (_, index) =>
      row(`c${index}`, new Date(NOW + (index - 100) * 1_234_567).toISOString()),
    );
    const { overdue, later, days } = planOf(rows, overview(WEEKEND), DAYS, NOW);
    const planned = days.reduce((sum, { rotations }) => sum + rotations.length, 0);
    expect(overdue.length + later + planned).toBe(500);
  });
});

describe('freezes that the app has cut', () => {
  test('at now have no beginning, since when it was is unknown', () => {
    const { days, known } = planOf(
      [],
      overview({ from: '2026-03-27T09:59:30Z', until: '2026-03-27T12:00:00Z' }),
      DAYS,
      NOW,
    );
    expect(days[0] && dayTexts(ZONE).freezes(days[0], known)).toBe('until 13:00');
  });

  test('at the end of the 35 days that it looks ahead may last longer', () => {
    const days = daysFrom(NOW, 40, ZONE);
    const cut = { from: '2026-04-30T17:00:00Z', until: '2026-05-01T09:59:00.500Z' };
    const plan = planOf([], overview(cut), days, NOW);
    expect(plan.known).toEqual({ from: NOW, until: Date.parse('2026-05-01T09:59:00Z') });
    const last = plan.days.find(({ date }) => date === '2026-05-01');
    expect(last && dayTexts(ZONE).freezes(last, plan.known)).toBe('until 11:59 or later');
  });
});
