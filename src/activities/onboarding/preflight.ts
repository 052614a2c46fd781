import type { RecordedReaders, Revocation } from '../../domain/clients/clientRecord.js';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OrphanedToken } from '../../domain/tokens/orphanedToken.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Queries } from '../../queries/queries.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface PreflightInput extends RecordedReaders, InVault {
  readonly onboarding: Onboarding;
  /** The revocation that this onboarding clears if it succeeds. */
  readonly clears?: Revocation;
  /** Tokens that earlier runs created and did not remove. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that this app gave the client. */
  readonly held?: readonly HeldToken[];
}

/** Plans the onboarding. Problems are part of the plan: they do not fail this step. */
export function preflight(queries: Queries) {
  return ({
    vaultHost,
    onboarding,
    clears,
    orphaned,
    held,
    ...readers
  }: PreflightInput): Promise<StepOutcome<OnboardingPlan>> =>
    outcomeOf(async () => done(await queries.preflight(onboarding, vaultHost, { clears, orphaned, held, readers })));
}
