import type { RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { ClientFacts } from '../world/clientFacts.js';
import { findUnmanaged, unmanagedHash } from '../world/unmanagedTokens.js';
import type { Adoption, PlanEntry } from './planEntry.js';

/**
 * Adds what is known of the token that a client may take over. The file's `adopt` gives leave to do so. What a plan
 * carries out is what it has shown: a row keeps the leave only if there is a token to adopt ({@link withTheApps},
 * {@link withListedOnly}).
 *
 * @param token as the file has it, or as the app would name it
 * @param facts of the client, if there is one: its own token needs no adoption
 */
export function withAdoption(
  entry: PlanEntry,
  token: string,
  facts: ClientFacts | undefined,
  tokens: readonly UnmanagedToken[],
): PlanEntry {
  if (entry.row?.adopt !== true || (facts !== undefined && sameName(facts.token, token))) return entry;
  const found = findUnmanaged(tokens, entry, token);
  if (!found) return { ...entry, adopts: { token } };
  return {
    ...entry,
    adopts: {
      token: found.token,
      seen: unmanagedHash(found),
      how: howOf(found, entry.row.scopeMap),
      ...workingSlots(
        found.passwords.filter(({ slot, works }) => works && slot !== found.freeSlot).map(({ slot }) => slot),
      ),
    },
  };
}

function workingSlots(slots: readonly SlotName[]): Pick<Adoption, 'working'> {
  return slots.length > 0 ? { working: slots } : {};
}

function howOf({ freeSlot, scopeMap }: UnmanagedToken, wanted: string | undefined): string {
  const slot = freeSlot === undefined ? 'has no free password slot' : `takes ${freeSlot}`;
  return `${slot}, ${mapText(sameName(wanted, scopeMap.name))}`;
}

function mapText(isKept: boolean): string {
  return isKept ? 'keeps its scope map' : 'moves it to another scope map';
}

/** By the app's dry run: it alone knows of tokens that no connected registry lists, and which slot it would take. */
export function withTheApps(entry: PlanEntry, row: RolloutClient | undefined): PlanEntry {
  if (row?.state !== 'planned') return entry;
  if (!row.adopts) return withoutAdoption(entry);
  const { token, slot, keepsScopeMap, working = [] } = row.adopts;
  const { working: _working, ...adopts } = entry.adopts ?? {};
  return {
    ...entry,
    adopts: { ...adopts, token, how: `takes ${slot}, ${mapText(keepsScopeMap)}`, ...workingSlots(working) },
  };
}

/** Without a dry run: only what the connected registry lists is known to be there. */
export function withListedOnly(entry: PlanEntry): PlanEntry {
  return entry.adopts?.seen === undefined ? withoutAdoption(entry) : entry;
}

/**
 * The row without the leave to adopt: should a token of this name appear until then, the app refuses the row. What the
 * plan saw of the token stays.
 */
function withoutAdoption(entry: PlanEntry): PlanEntry {
  if (entry.row?.adopt === undefined) return entry;
  const { adopt: _adopt, ...row } = entry.row;
  if (!entry.adopts) return { ...entry, row };
  const { how: _how, working: _working, ...adopts } = entry.adopts;
  return { ...entry, row, adopts };
}

/** The same with the adoption among its reasons. */
export function withItsReason(entry: PlanEntry): PlanEntry {
  const { adopts, reasons } = entry;
  if (adopts?.how === undefined) return entry;
  return { ...entry, reasons: [...reasons, `adopts token ${adopts.token}, ${adopts.how}`] };
}
