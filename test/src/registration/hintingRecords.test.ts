import { expect, test } from 'vitest';
import type { ClientRecordOperation } from '../../../src/domain/clients/clientRecord.js';
import { done } from '../../../src/domain/operations/stepOutcome.js';
import { hintingRecords } from '../../../src/registration/hintingRecords.js';
import { FakeHints } from '../fakes/services/hints.js';

async function hintedBy(operation: ClientRecordOperation) {
  const hints = new FakeHints();
  const outcome = done({});
  const worked = await hintingRecords(hints)({ key: 'a-client', operation }, async () => {
    // A look that came before the work would find nothing.
    expect(hints.keys).toEqual([]);
    return outcome;
  });
  expect(worked).toBe(outcome);
  return hints.keys;
}

test.each<ClientRecordOperation>(['noteEnd', 'revoke', 'beginOffboarding', 'forget', 'redeem', 'renewKeys'])(
  'what ends a run or a key is hinted at: %s',
  async (operation) => {
    expect(await hintedBy(operation)).toEqual(['a-client']);
  },
);

test.each<ClientRecordOperation>(['noteContact', 'acknowledge', 'begin', 'holdToken'])(
  'what brings a device no news is not: %s',
  async (operation) => {
    expect(await hintedBy(operation)).toEqual([]);
  },
);
