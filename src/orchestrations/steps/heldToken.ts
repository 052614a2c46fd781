import type { OrchestrationContext } from 'durable-functions';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OperationFailure } from '../../domain/operations/operation.js';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { Run } from '../../domain/operations/run.js';
import { ofAnotherClient } from '../../domain/tokens/sharedToken.js';
import { ClientRecords } from './clientRecord.js';
import { StepFailed, type Flow } from '../run/flow.js';
import { Refused } from '../run/refused.js';
import type { StepRunner } from '../run/stepRunner.js';
import { TokenClaim } from './tokenClaim.js';

/** What is remembered of an onboarding's token besides its secrets: whose it is, and what it was before. */
export class HeldTokenSteps {
  private readonly records: ClientRecords;
  private readonly tokenClaim: TokenClaim;
  private isClaimed = false;
  private isNoted = false;

  constructor(
    private readonly context: OrchestrationContext,
    input: Run,
    private readonly token: string,
  ) {
    this.records = new ClientRecords(context, input);
    this.tokenClaim = new TokenClaim(context, input, token);
  }

  /** @throws Refused for a token of another client's */
  *claim(runner: StepRunner): Flow<void> {
    try {
      yield* this.tokenClaim.claim(runner);
      this.isClaimed = true;
    } catch (error) {
      if (!(error instanceof StepFailed) || error.code !== 'token-of-another-client') throw error;
      throw new Refused([{ ...ofAnotherClient(this.token, []), message: `${error.message}.` }]);
    }
  }

  /** Before the token is made or moved: from then on an offboarding finds it by the client's record. */
  note(held: HeldToken | undefined): void {
    if (!held) return;
    this.isNoted = true;
    this.records.tell('holdToken', held);
  }

  /** The token is made: one of that name which is made later is another. */
  made(held: HeldToken | undefined): void {
    if (held) this.records.tell('holdToken', { ...held, until: this.context.df.currentUtcDateTime.toISOString() });
  }

  /**
   * The run is undone. Nothing is remembered of a token that the client had not before, once all is taken back; what is left,
   * or kept for inspection, stays the client's.
   * @param plan what the run found; undefined where it got no plan.
   */
  undone({ residue, code }: OperationFailure, plan: OnboardingPlan | undefined): void {
    if (!plan || !this.isClaimed || residue.length > 0 || code === 'revoked') return;
    const { exists, isAdopted = false, held, earlierScopeMap } = plan.token;
    if (exists && !isAdopted) {
      if (this.isNoted && held && earlierScopeMap !== undefined)
        this.records.tell('holdToken', { ...held, scopeMap: earlierScopeMap });
      return;
    }
    if (this.isNoted) this.records.tell('dropToken', { token: this.token });
    this.tokenClaim.release();
  }
}
