import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { FlowLimits } from './flowLimits.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';

/** Names of the orchestrations, which are also the operations' kinds. */
export const ONBOARD = 'onboard';
export const ROTATE = 'rotate';
export const OFFBOARD = 'offboard';
export const REVOKE = 'revoke';

/** Input of a run's orchestration: all that it needs to know, so that a replay reads nothing else. */
export interface Run<Request extends object = ClientReference> {
  readonly run: string;
  /** Tells whether another request is the same one. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** An event's own time (ISO 8601), when one asked for the run: it may have come late, or again. */
  readonly eventAt?: string;
  /** Who asked, for the audit: a principal's name, `function-key` or `event`. */
  readonly actor: string;
  readonly request: Request;
  /** How the device is reached; absent in a run that is not about one client. */
  readonly channel?: DeviceChannelChoice;
  /** Whether the run waits for its connected registry to become active, which a new one is not yet. */
  readonly awaitsActivation?: boolean;
  readonly limits: FlowLimits;
}

export type OnboardingRun = Run<Onboarding>;
export type RotationRun = Run<Rotation>;
