import type { Identity } from './access/identities.js';
import type { LongRunning } from './arm/longRunning/longRunning.js';
import type { Clock } from '@connected-registry/clock/clock';
import type { SigningKey } from './entra/signingKey.js';
import type { Broker } from './eventgrid/broker.js';
import type { Hub } from './iothub/hub.js';
import type { Secret, VaultState } from './keyvault/vaultState.js';
import type { SimulatorSettings } from './settings.js';
import type { ArmState } from './state/armState.js';
import type { Store } from './state/store.js';

/** What every service here shares. */
export interface Plane {
  /** `https://localhost:PORT`, without a slash at the end. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Real time, for waits during which a connection is held open. */
  readonly patience: Clock;
  readonly settings: SimulatorSettings;
  /** Service principals; more may be made while it runs. */
  readonly identities: readonly Identity[];
  addIdentity(name: string): Promise<Identity>;
  readonly signingKey: SigningKey;
  readonly arm: ArmState;
  readonly armFile: Store;
  readonly vault: VaultState;
  readonly vaultFile: Store;
  readonly hub: Hub;
  readonly hubFile: Store;
  /** Writes every change so far; a reply goes out after it only. */
  commit(): void;
  /** Has the files written anew, without what no longer holds. */
  rewrite(): void;
  /** After every change of a secret: expiry events may be due, or due at another time. */
  secretChanged(secret: Secret): void;
  readonly operations: LongRunning;
  readonly broker: Broker;
  /** One structured line; its fields must hold no secret and no webhook address. */
  log(event: string, fields?: Record<string, unknown>): void;
}
