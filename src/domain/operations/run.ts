import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { FlowLimits } from './flowLimits.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';

/** Names of the orchestrations and kinds of operations. */
export const ONBOARD = 'onboard';
export const ROTATE = 'rotate';
export const OFFBOARD = 'offboard';
export const REVOKE = 'revoke';

/** Input of a run's orchestration. It holds everything the run needs, so that a replay reads nothing else. */
export interface Run<Request extends object = ClientReference> {
  readonly run: string;
  /** Hash of the request, to recognise equal requests. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** Time (ISO 8601) of the event that requested the run, if any: it may be delivered late or repeatedly. */
  readonly eventAt?: string;
  /** Who requested it, for the audit: a principal's name, `function-key` or `event`. */
  readonly actor: string;
  readonly request: Request;
  /** How the device is notified; absent for the default channel. */
  readonly channel?: DeviceChannelChoice;
  /** Whether the run waits until its connected registry, which is new, is active. */
  readonly awaitsActivation?: boolean;
  /** Id of the rollout that started the run, if any: single requests take priority over it. */
  readonly rollout?: string;
  /**
   * When the rollout started the run (ISO 8601). `requestedAt` is the time of the rollout's request, which may be days
   * before.
   */
  readonly rowStartedAt?: string;
  readonly limits: FlowLimits;
}

export type OnboardingRun = Run<Onboarding>;
export type RotationRun = Run<Rotation>;
