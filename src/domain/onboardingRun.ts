import type { FlowLimits } from './flowLimits.js';
import type { Onboarding } from './onboardingRequest.js';

/** Name of the orchestration, which is also the operation's kind. */
export const ONBOARD = 'onboard';

/** Input of one onboarding's orchestration: all that it needs to know, so that a replay reads nothing else. */
export interface OnboardingRun {
  readonly run: string;
  /** Tells whether another request is the same one. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** Who asked, for the audit: a principal's name, `function-key` or `event`. */
  readonly actor: string;
  readonly onboarding: Onboarding;
  readonly limits: FlowLimits;
}
