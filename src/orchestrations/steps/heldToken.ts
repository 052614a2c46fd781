import type { NamedIdentity, RecordedVault } from '../../domain/clients/clientRecord.js';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OperationFailure } from '../../domain/operations/operation.js';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { Run } from '../../domain/operations/run.js';
import { ofAnotherClient } from '../../domain/tokens/sharedToken.js';
import { ClientRecords } from './clientRecord.js';
import { StepFailed, type Flow } from '../run/flow.js';
import { PreflightRefused } from '../run/refused.js';
import type { RunContext } from '../run/runContext.js';
import { TokenClaim } from './tokenClaim.js';

/** Records an onboarding's token beside its secrets: which client has it, and what it was before. */
export class HeldTokenSteps {
  private readonly records: ClientRecords;
  private readonly tokenClaim: TokenClaim;
  private isNoted = false;

  constructor(
    private readonly run: RunContext<Run>,
    private readonly token: string,
    /** What the run's request names. */
    private readonly named: NamedIdentity,
  ) {
    this.records = new ClientRecords(run);
    this.tokenClaim = new TokenClaim(run, token);
  }

  /** What the record keeps in addition to the token. */
  private get facts(): NamedIdentity & RecordedVault {
    return { ...this.named, ...this.run.placeInResult };
  }

  /** @throws PreflightRefused when another client has the token */
  *claim(): Flow<void> {
    try {
      yield* this.tokenClaim.claim();
    } catch (error) {
      if (!(error instanceof StepFailed) || error.code !== 'token-of-another-client') throw error;
      throw new PreflightRefused([{ ...ofAnotherClient(this.token, []), message: `${error.message}.` }]);
    }
  }

  /** Before the token is made or moved: from then on an offboarding finds it by the client's record. */
  note(held: HeldToken | undefined): void {
    if (!held) return;
    this.isNoted = true;
    this.records.notify('holdToken', { ...held, ...this.facts });
  }

  /** After the token is made: a token of that name that is made later is another one. */
  made(held: HeldToken | undefined): void {
    if (held) this.records.notify('holdToken', { ...held, ...this.facts, until: this.run.now.toISOString() });
  }

  /**
   * After the undo of a run that had claimed the token. A token that the client did not have before is forgotten once
   * everything is taken back; while something remains, or is kept for inspection, the record keeps it.
   */
  undone({ residue, code }: OperationFailure, plan: OnboardingPlan): void {
    if (residue.length > 0 || code === 'revoked') return;
    const { exists, isAdopted = false, held, earlierScopeMap } = plan.token;
    if (exists && !isAdopted) {
      if (this.isNoted && held && earlierScopeMap !== undefined)
        this.records.notify('holdToken', { ...held, ...this.facts, scopeMap: earlierScopeMap });
      return;
    }
    if (this.isNoted) this.records.notify('dropToken', { token: this.token });
    this.tokenClaim.release();
  }
}
