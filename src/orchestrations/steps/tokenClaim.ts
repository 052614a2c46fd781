import { EntityId } from 'durable-functions';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { Run } from '../../domain/operations/run.js';
import {
  TOKEN_CLAIM,
  tokenClaimKey,
  type TokenClaimOperation,
  type TokenClaimRequest,
} from '../../domain/tokens/tokenClaim.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/** One client's claim on a token: while it stands, no other client's run uses the token. */
export class TokenClaim {
  private readonly request: Omit<TokenClaimRequest, 'by'>;
  private readonly entity: EntityId;

  constructor(
    private readonly run: RunContext<Run>,
    token: string,
  ) {
    const client = referenceOf(run.input.request);
    this.request = { token, client };
    this.entity = new EntityId(TOKEN_CLAIM, tokenClaimKey(client.registry, token));
  }

  /** @throws StepFailed `token-of-another-client` */
  *claim(): Flow<void> {
    const operation: TokenClaimOperation = 'claim';
    yield* this.run.callEntity(this.entity, operation, this.request, this.run.limits.stepDeadlineSeconds);
  }

  /** Ends the claim: the client no longer has the token. */
  release(): void {
    const operation: TokenClaimOperation = 'release';
    this.run.notifyEntity(this.entity, operation, this.request);
  }
}
