import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import {
  TOKEN_CLAIM,
  tokenClaimKey,
  type TokenClaimOperation,
  type TokenClaimRequest,
} from '../../domain/tokens/tokenClaim.js';
import type { Flow } from '../run/flow.js';
import type { StepRunner } from '../run/stepRunner.js';

/** One client's claim on a token: while it stands, no other client's run uses the token. */
export class TokenClaim {
  private readonly request: TokenClaimRequest;
  private readonly entity: df.EntityId;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    token: string,
  ) {
    const { request, run, actor } = input;
    const client = referenceOf(request);
    const by = { operation: formatOperationId({ instance: clientKey(client), run }), actor };
    this.request = { token, client, by };
    this.entity = new df.EntityId(TOKEN_CLAIM, tokenClaimKey(client.registry, token));
  }

  /** @throws StepFailed `token-of-another-client` */
  *claim(runner: StepRunner): Flow<void> {
    const operation: TokenClaimOperation = 'claim';
    const call = () => this.context.df.callEntity(this.entity, operation, this.request);
    yield* runner.untilDone<object>(call, this.input.limits.stepDeadlineSeconds);
  }

  /** The client has the token no more. Sent without waiting: the signal goes out with the turn. */
  release(): void {
    const operation: TokenClaimOperation = 'release';
    this.context.df.signalEntity(this.entity, operation, this.request);
  }
}
