import { describe, expect, test } from 'vitest';
import type { InventoryRow, LastRun } from '@connected-registry/protocol/answers/fleetAnswers';
import type { FleetFacts } from '../../../../../src/domain/fleet/fleetFacts.js';
import { createInventoryView, type InventoryView } from '../../../../../src/triggers/http/fleet/inventoryView.js';
import { rowsOf } from '../../../../shared/madeUpFleet.js';

const CLIENTS = 2500;
const NOW = new Date('2026-03-02T09:00:00.000Z');
const keys = rowsOf(CLIENTS)
  .map(({ key }) => key)
  .toSorted();

/** A view as open pages use it. Its rows count how often they become JSON. */
function countedView() {
  let serialised = 0;
  const slot = { toJSON: () => ((serialised += 1), 'password1') } as unknown as InventoryRow['slot'];
  const clients = rowsOf(CLIENTS)
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ state, differences: _differences, lastRun: _lastRun, ...row }) => ({
      row: { ...row, slot },
      judgement: { state, differences: [] },
      vaultHost: 'plantvault.vault.azure.net',
    }));
  const facts: FleetFacts = { from: NOW, to: NOW, clients, connectedRegistries: [] };
  const view = createInventoryView();
  const held = <Value>(value: Value) => ({ value, readAt: NOW });
  return {
    serialised: () => serialised,
    /** @param lastRuns a new map stands for a new reading of the engine */
    after: (lastRuns: ReadonlyMap<string, LastRun>): InventoryView =>
      view({ fleet: held(facts), runs: held({ lastRuns } as Parameters<typeof view>[0]['runs']['value']) }),
  };
}

/** What one open page asks for. @returns the ETags of the pages */
function look(view: InventoryView): string[] {
  const etags: string[] = [];
  let after: string | undefined;
  do {
    const page = view.page({}, 1000, after);
    etags.push(page.etag);
    after = page.last;
  } while (after !== undefined);
  return etags;
}

const runOf = (nth: number): [string, LastRun] => {
  const key = keys[nth] ?? '';
  return [key, { operation: `${key}.0mrun00000001`, kind: 'rotate', status: 'running', startedAt: NOW.toISOString() }];
};

describe('the view of the inventory', () => {
  test('makes JSON of each row once for a reading, however many pages are open and compare ETags', () => {
    const { after, serialised } = countedView();
    const runs = new Map<string, LastRun>();
    for (let open = 0; open < 50; open += 1) look(after(runs));
    expect(serialised()).toBe(CLIENTS);
    expect(after(runs).page({}, 1000, undefined)).toBe(after(runs).page({}, 1000, undefined));
  });

  test('names the ETags that its pages have', () => {
    const view = countedView().after(new Map());
    expect(view.pageEtags).toHaveLength(3);
    expect(view.pageEtags).toEqual(look(view));
  });

  test.each([
    [[1], [0]],
    [[2499], [2]],
    [
      [3, 1500, 1501],
      [0, 1],
    ],
  ])('changes only the pages that have a changed row: rows %j, pages %j', (rows, pages) => {
    const { after } = countedView();
    const before = after(new Map()).pageEtags;
    const view = after(new Map(rows.map(runOf)));
    const changed = view.pageEtags.flatMap((etag, nth) => (etag === before[nth] ? [] : [nth]));
    expect(changed).toEqual(pages);
  });

  test('keeps version and pages if a reading found the same', () => {
    const { after } = countedView();
    const view = after(new Map([runOf(7)]));
    expect(after(new Map([runOf(7)]))).toBe(view);
  });
});
