import type { FederatedCredential, Identity } from './access/identities.js';
import type { LongRunning } from './arm/longRunning/longRunning.js';
import type { Clock } from '@connected-registry/clock/clock';
import type { SigningKey } from './entra/signingKey.js';
import type { Broker } from './eventgrid/broker.js';
import type { Hub } from './iothub/hub.js';
import type { Secret, VaultState } from './keyvault/vaultState.js';
import type { SimulatorSettings } from './settings.js';
import type { ArmState } from './state/armState.js';
import type { Store } from './state/store.js';

/** The state, clocks and settings that all services share. */
export interface Plane {
  /** `https://localhost:PORT`, without a slash at the end. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Real time, for waits during which a connection is held open. */
  readonly waitClock: Clock;
  readonly settings: SimulatorSettings;
  /** Service principals. More may be added while it runs. */
  readonly identities: readonly Identity[];
  addIdentity(name: string): Promise<Identity>;
  /** Stored with the identities. */
  addFederatedCredential(identity: Identity, credential: FederatedCredential): Promise<void>;
  readonly signingKey: SigningKey;
  readonly arm: ArmState;
  readonly armFile: Store;
  readonly vault: VaultState;
  readonly vaultFile: Store;
  readonly hub: Hub;
  readonly hubFile: Store;
  /** Writes all changes so far. A reply is sent only after it. */
  commit(): void;
  /** Rewrites the files without obsolete lines. */
  rewrite(): void;
  /** Called after every change of a secret, because its expiry events may have changed. */
  secretChanged(secret: Secret): void;
  readonly operations: LongRunning;
  readonly broker: Broker;
  /** Logs one structured line. Its fields must not contain secrets or webhook addresses. */
  log(event: string, fields?: Record<string, unknown>): void;
}
