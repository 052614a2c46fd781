import { describe, expect, test } from 'vitest';
import { MAX_REASON_BYTES, withReasons, type DryRunRow } from '../../../../src/domain/rollouts/refusals.js';
import { PIECE_ROWS } from '../../../../src/domain/rollouts/pieceState.js';
import type { RowStatus } from '../../../../src/domain/rollouts/row.js';

const WAITING: RowStatus = { state: 'waiting', retry: 0 };
const reason = (code: string, length = 200) => ({ code, message: `${'m'.repeat(length)}.`, fix: 'az something' });

function refused(index: number, ...problems: DryRunRow['problems']): DryRunRow {
  const status: RowStatus = { state: 'failed', retry: 0, code: 'problems', problems: problems.map(({ code }) => code) };
  return { index, status, problems };
}

describe('reasons of refused rows', () => {
  test('are message and fix of each problem', () => {
    const [change] = withReasons([WAITING], [refused(0, reason('one'), reason('two'))]);
    expect(change?.status).toMatchObject({ problems: ['one', 'two'], reasons: [reason('one'), reason('two')] });
  });

  test('are not those of rows that are planned, although a fact is unknown', () => {
    const status: RowStatus = { state: 'planned', retry: 0, writes: [] };
    expect(withReasons([WAITING], [{ index: 0, status, problems: [reason('one')] }])).toEqual([{ index: 0, status }]);
  });

  test('have a limit for all rows of a piece together, over several calls', () => {
    let rows: readonly RowStatus[] = Array.from({ length: PIECE_ROWS }, () => WAITING);
    for (let from = 0; from < PIECE_ROWS; from += 50) {
      const planned = rows.slice(from, from + 50).map((_, at) => refused(from + at, reason('same', 1000)));
      const changes = new Map(withReasons(rows, planned).map(({ index, status }) => [index, status]));
      rows = rows.map((row, index) => changes.get(index) ?? row);
    }
    const bytes = Buffer.byteLength(JSON.stringify(rows.flatMap(({ reasons = [] }) => reasons)));
    expect(bytes).toBeGreaterThan(MAX_REASON_BYTES * 0.9);
    expect(bytes).toBeLessThan(MAX_REASON_BYTES * 1.1);
    expect(rows.every(({ problems }) => problems?.[0] === 'same')).toBe(true);
  });

  test('are kept of a code that no row explains yet, however full the piece is', () => {
    const full = Array.from({ length: 40 }, (): RowStatus => ({ ...WAITING, reasons: [reason('same', 1500)] }));
    const [same, other] = withReasons(
      [...full, WAITING, WAITING],
      [refused(40, reason('same')), refused(41, reason('other'))],
    );
    expect(same?.status).not.toHaveProperty('reasons');
    expect(other?.status.reasons).toEqual([reason('other')]);
  });

  describe('that are too long', () => {
    const reasonsOf = (...problems: DryRunRow['problems']) =>
      withReasons([WAITING], [refused(0, ...problems)])[0]?.status.reasons ?? [];
    const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

    test('have a shorter message and their fix', () => {
      const [long, short] = reasonsOf(reason('long', 5000), reason('short'));
      expect(long).toMatchObject({ code: 'long', message: expect.stringMatching(/^m{1000,}…$/), fix: 'az something' });
      expect(bytes(long)).toBe(2000);
      expect(short).toEqual(reason('short'));
    });

    test('never have a part of a command', () => {
      const fix = `Choose another name, or: az ${'x'.repeat(1900)}`;
      const [long] = reasonsOf({ ...reason('scope-map-different', 1500), fix });
      expect(long).toMatchObject({ code: 'scope-map-different', message: `${'m'.repeat(1500)}.` });
      expect(long?.fix).toMatch(/^The fix is too long/);
      const kept = { ...reason('scope-map-different', 1500), fix: fix.slice(0, 1400) };
      expect(reasonsOf(kept)[0]).toMatchObject({ fix: kept.fix, message: expect.stringMatching(/^m{400,}…$/) });
    });

    test('are cut between characters, and as JSON has them', () => {
      for (const text of ['é機🙂', '"\\\u0001'])
        for (let more = 0; more < 4; more++) {
          const [long] = reasonsOf({ ...reason('long'), message: 'm'.repeat(more) + text.repeat(900) });
          expect(bytes(long)).toBeLessThanOrEqual(2000);
          expect(bytes(long)).toBeGreaterThan(1990);
          expect(long?.message).not.toMatch(/\p{Surrogate}/u);
        }
    });

    test('together, are counted', () => {
      const [one, two, ...others] = Array.from({ length: 11 }, (_, at) => ({
        ...reason('same', 600),
        field: `repositories.${at}`,
      }));
      const reasons = reasonsOf(...[one, two, ...others].filter((each) => each !== undefined));
      expect(reasons).toEqual([
        one,
        two,
        expect.objectContaining({ code: 'same', message: 'At least 9 more problems are not listed.' }),
      ]);
      expect(bytes(reasons)).toBeLessThan(2010);
    });

    test('are never counted alone', () => {
      const before = { ...WAITING, reasons: [reason('one'), reason('two')] };
      const [change] = withReasons([before, WAITING], [refused(1, reason('one', 1800), reason('two'))]);
      expect(change?.status.reasons).toMatchObject([reason('one', 1800), { code: 'two' }]);
    });

    test('are there for each code once, and for others as there is room', () => {
      const rows = [
        refused(0, reason('one', 1500), reason('one', 1499), reason('two', 1500)),
        refused(1, reason('two', 1500), reason('one', 1500)),
      ];
      const [first, second] = withReasons([WAITING, WAITING], rows).map(({ status }) => status.reasons);
      expect(first).toMatchObject([
        reason('one', 1500),
        reason('two', 1500),
        { message: 'At least 1 more problem is not listed.' },
      ]);
      expect(second).toMatchObject([
        reason('two', 1500),
        { code: 'one', message: 'At least 1 more problem is not listed.' },
      ]);
    });
  });
});
