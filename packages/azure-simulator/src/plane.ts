import type { Identity } from './access/identities.js';
import type { LongRunning } from './arm/longRunning/longRunning.js';
import type { Clock } from './clock.js';
import type { RateLimitsName } from './control/rateLimits.js';
import type { SigningKey } from './entra/signingKey.js';
import type { Broker } from './eventgrid/broker.js';
import type { Hub } from './iothub/hub.js';
import type { Secret, VaultState } from './keyvault/vaultState.js';
import type { ArmState } from './state/armState.js';
import type { Store } from './state/store.js';

/** What may be changed from outside, at the start or by the test controls. */
export interface Settings {
  /** `host:port` that clients of the seeded connected registry use. */
  edgeHost: string;
  /** Client tokens per connected registry. Public figures are 20 and 50. */
  clientsPerConnectedRegistry: number;
  /** Repository permissions per scope map (Azure docs: intro-connected-registry, limits). */
  permissionsPerScopeMap: number;
  /** Tokens, and scope maps, per registry (Azure docs: intro-connected-registry, limits). */
  tokensPerRegistry: number;
  /** Until a regenerated password is everywhere (Azure docs: container-registry-token-based-repository-permissions). */
  replicationSeconds: number;
  /** `recorded`: asynchronous where the live service was recorded to be. `always`: every ARM write. */
  asynchronousWrites: 'recorded' | 'always';
  /**
   * `quick`: an asynchronous operation takes a moment of real time, and a poll waits for its end. `azure`: it takes what
   * the services took, by this plane's clock, and a poll tells how it stands.
   */
  pace: 'quick' | 'azure';
  /** Milliseconds that every operation takes; without it, what the pace says. */
  operationMilliseconds?: number;
  /** Where generateCredentials is answered with 202, and its passwords by a poll. */
  credentialsLater: boolean;
  /** Whether polls below a location are refused to whoever has no right there (nothing public says). */
  operationResultsRight: 'open' | 'enforced';
  /** Days that a deleted secret can be recovered, 7 to 90 (Azure docs: key-vault soft-delete-overview). */
  recoverableDays: number;
  /** Purging a deleted secret is refused until its retention ends. */
  purgeProtection: boolean;
  /** Sizes of ARM's throttling buckets, which differ by subscription: the smallest recorded, larger ones, or an hour's. */
  rateLimits: RateLimitsName;
  /** Factor on every rate of the throttling buckets; 0 switches throttling off. */
  throttling: number;
}

/** What every service here shares. */
export interface Plane {
  /** `https://localhost:PORT`, without a slash at the end. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Real time, for waits during which a connection is held open. */
  readonly patience: Clock;
  readonly settings: Settings;
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
