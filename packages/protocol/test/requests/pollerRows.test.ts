import { expect, test } from 'vitest';
import fc from 'fast-check';
import { parseRolloutCsv, ROLLOUT_COLUMNS } from '@connected-registry/protocol/requests/rolloutCsv';
import { parseRow, rolloutDefaults, type RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';

/*
 * The poller of a row, from whatever somebody writes: an object id is taken, in a cell as in JSON, and everything else
 * is a fault of this one field.
 */

const ROW = { connectedRegistry: 'plantone', client: 'sensor-7', repositories: ['hello-world'] };
const OBJECT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const anId = fc.uuid();
/** Close to an object id: other characters, lengths and surroundings. */
const almost = fc.oneof(
  anId.map((id) => `${id} `),
  anId.map((id) => `{${id}}`),
  anId.map((id) => id.replaceAll('-', '')),
  anId.map((id) => id.replace('-', '–')),
  fc.tuple(anId, fc.nat(35)).map(([id, at]) => `${id.slice(0, at)}g${id.slice(at + 1)}`),
  fc.tuple(anId, anId).map(([one, other]) => `${one}\n${other}`),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);
const aPoller = fc.oneof(
  anId,
  anId.map((id) => id.toUpperCase()),
  almost,
);

/** A cell has one line: CSV files with line breaks in cells are refused as a whole. */
const aCell = aPoller.filter((text) => !/[\r\n]/.test(text));

/** The fields at fault of a row, and the poller of one without. */
function judged(row: object, defaults: object = {}, kind: RolloutKind = 'onboard') {
  const parsed = parseRow(kind, row, defaults);
  if (parsed.success) return { poller: 'poller' in parsed.data ? parsed.data.poller : undefined };
  return {
    faults: parsed.error.issues.map(({ path, code }) => (code === 'unrecognized_keys' ? 'unknown' : path.join('.'))),
  };
}

test('a row has the poller that it names, or names the field at fault', () => {
  fc.assert(
    fc.property(aPoller, (poller) => {
      expect(judged({ ...ROW, poller })).toEqual(OBJECT_ID.test(poller) ? { poller } : { faults: ['poller'] });
    }),
    { numRuns: 500 },
  );
});

test('anything that is no text is a fault of the field', () => {
  fc.assert(
    fc.property(
      fc.anything().filter((value) => value !== undefined && typeof value !== 'string'),
      (poller) => {
        expect(judged({ ...ROW, poller })).toEqual({ faults: ['poller'] });
      },
    ),
  );
});

test('a cell means what the same text means in JSON', async () => {
  expect(ROLLOUT_COLUMNS).toContain('poller');
  await fc.assert(
    fc.asyncProperty(fc.array(aCell, { minLength: 1, maxLength: 5 }), async (pollers) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const lines = pollers.map((poller, nth) => `plantone,c${nth},hello-world,${quoted(poller)}`);
      const file = `connectedRegistry,client,repositories,poller\n${lines.join('\n')}\n`;
      const { rows } = await parseRolloutCsv(Buffer.from(file));
      // An empty cell is none.
      const meant = (poller: string) => (poller === '' ? {} : { poller });
      expect(rows.map((row) => judged(row))).toEqual(
        pollers.map((poller, nth) => judged({ ...ROW, client: `c${nth}`, ...meant(poller) })),
      );
    }),
  );
});

test('defaults may name it, a row has its own, and no other kind has one', () => {
  fc.assert(
    fc.property(anId, anId, (one, other) => {
      expect(rolloutDefaults.safeParse({ poller: one }).success).toBe(true);
      expect(judged(ROW, { poller: one })).toEqual({ poller: one });
      expect(judged({ ...ROW, poller: other }, { poller: one })).toEqual({ poller: other });
      const { repositories: _repositories, ...reference } = ROW;
      for (const kind of ['rotate', 'offboard', 'check'] as const)
        expect(judged({ ...reference, poller: one }, {}, kind)).toEqual({ faults: ['unknown'] });
    }),
  );
});
