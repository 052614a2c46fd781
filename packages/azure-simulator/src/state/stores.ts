import type { Identity } from '../access/identities.js';
import type { Clock } from '@connected-registry/clock/clock';
import {
  emptyEventGridState,
  EVENT_GRID_FORMAT,
  eventGridContents,
  type EventGridState,
} from '../eventgrid/eventGridState.js';
import { HUB_FORMAT, hubContents, makeHub, newHubFacts, hubFacts, type HubState } from '../iothub/hubState.js';
import { emptyVaultState, VAULT_FORMAT, vaultContents, type VaultState } from '../keyvault/vaultState.js';
import { IOT_HUB, seedArmState, seedEventGridState } from '../seed.js';
import { ARM_FORMAT, armContents, armFacts, emptyArmState, type ArmState } from './armState.js';
import { MAX_FURTHER_VAULTS } from '../settings.js';
import { noFacts, Store } from './store.js';

const ARM = 'arm.ndjson';
const VAULT = 'vault.ndjson';
const EVENTS = 'eventgrid.ndjson';
const HUB = 'iothub.ndjson';

/** The file of a further vault. @param nth from 2 */
export function furtherVaultFile(nth: number): string {
  return `vault-${nth}.ndjson`;
}

const FURTHER_VAULTS = Array.from({ length: MAX_FURTHER_VAULTS }, (_, index) => furtherVaultFile(index + 2));

/** All files of the data folder, except certificates. */
export const FILES = [
  ...[ARM, VAULT, EVENTS, HUB, ...FURTHER_VAULTS].flatMap((name) => [name, `${name}.new`]),
  'keys.json',
  'world.json',
  'dead-letters.ndjson',
];

/** The state and its files. */
export interface Stores {
  arm: ArmState;
  armFile: Store;
  vault: VaultState;
  vaultFile: Store;
  events: EventGridState;
  eventFile: Store;
  hub: HubState;
  hubFile: Store;
  /** True if the data folder was empty. */
  isNew: boolean;
  commit(): void;
  rewrite(): void;
  close(): Promise<void>;
}

interface Ground {
  file: (name: string) => string;
  warn: (message: string) => void;
  identities: readonly Identity[];
  edgeHost: string;
  clock: Clock;
}

/** Reads the data folder, or creates the initial state. */
export async function openStores({ file, warn, identities, edgeHost, clock }: Ground): Promise<Stores> {
  await Store.facts(file(VAULT), VAULT_FORMAT, noFacts);
  const eventFacts = await Store.facts(file(EVENTS), EVENT_GRID_FORMAT, noFacts);
  const events = eventFacts === undefined ? seedEventGridState() : emptyEventGridState();
  const eventFile = await Store.open(file(EVENTS), eventGridContents(events), warn);
  const knownArm = await Store.facts(file(ARM), ARM_FORMAT, armFacts);
  const arm =
    knownArm === undefined
      ? seedArmState(identities, events.topics.values(), edgeHost, clock.now())
      : emptyArmState(knownArm);
  const hub = makeHub((await Store.facts(file(HUB), HUB_FORMAT, hubFacts)) ?? newHubFacts(IOT_HUB));
  const vault = emptyVaultState();
  const armFile = await Store.open(file(ARM), armContents(arm), warn);
  const vaultFile = await Store.open(file(VAULT), vaultContents(vault), warn);
  const hubFile = await Store.open(file(HUB), hubContents(hub), warn);
  const all = [armFile, vaultFile, eventFile, hubFile];
  return {
    arm,
    armFile,
    vault,
    vaultFile,
    events,
    eventFile,
    hub,
    hubFile,
    isNew: knownArm === undefined,
    commit() {
      for (const store of all) store.commit();
    },
    rewrite() {
      for (const store of all) store.rewrite();
    },
    async close() {
      await Promise.all(all.map((store) => store.close()));
    },
  };
}
