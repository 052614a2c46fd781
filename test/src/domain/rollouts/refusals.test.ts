import { describe, expect, test } from 'vitest';
import { MAX_REASON_BYTES, withReasons, type PlannedRow } from '../../../../src/domain/rollouts/refusals.js';
import { PIECE_ROWS, type RowStatus } from '../../../../src/domain/rollouts/rollout.js';

const WAITING: RowStatus = { state: 'waiting', retry: 0 };
const reason = (code: string, length = 200) => ({ code, message: `${'m'.repeat(length)}.`, fix: 'az something' });

function refused(index: number, ...problems: PlannedRow['problems']): PlannedRow {
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

  test('that are too long are left out, and the codes stay', () => {
    const [change] = withReasons([WAITING], [refused(0, reason('long', 5000), reason('short'))]);
    expect(change?.status).toMatchObject({ problems: ['long', 'short'], reasons: [reason('short')] });
  });
});
