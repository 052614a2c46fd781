import type { TokenCredential } from '@azure/identity';
import { codesIn } from '../calls/codesIn.js';
import { lazily } from '../calls/lazily.js';
import { pipelineOptions } from '../calls/pipelineOptions.js';
import { UnreadableAnswer } from '../calls/serviceErrors.js';
import type { BudgetPolicy } from '../budget/budgetPolicy.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** One request to Resource Manager. */
interface ArmRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Path with the api-version and other parameters, or a whole address on the service's host. */
  readonly address: string;
  readonly body?: object;
}

/** An answer that is no success, in the form in which `toServiceError` reads errors. */
class ArmAnswerError extends Error {
  override readonly name = 'ArmAnswerError';

  constructor(
    readonly statusCode: number,
    readonly details: unknown,
    readonly response: { readonly headers: { get(name: string): string | undefined } },
  ) {
    super('an answer that is no success');
  }

  get code(): string | undefined {
    return codesIn(this.details)[0];
  }
}

/**
 * Sends requests to Resource Manager that no SDK of the app has.
 * @returns the answer's JSON; undefined for an empty answer.
 */
export type SendArmRequest = (request: ArmRequest) => Promise<unknown>;

/**
 * Creates the sender on the pipeline of the Azure SDKs, with their authentication and the app's own policies.
 *
 * @param budget gives each request its token.
 * @throws ArmAnswerError for an answer that is no success; `calling` translates it
 */
export function armRequests(
  { endpoint, audience }: { readonly endpoint: string; readonly audience: string },
  credential: TokenCredential,
  budget: BudgetPolicy,
): SendArmRequest {
  const pipeline = lazily(async () => {
    const sdk = await import('@azure/core-rest-pipeline');
    const { additionalPolicies, retryOptions, redirectOptions } = pipelineOptions(endpoint, budget);
    const made = sdk.createPipelineFromOptions({ retryOptions, redirectOptions });
    made.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes: `${audience}/.default` }), {
      phase: 'Sign',
    });
    for (const { position, policy } of additionalPolicies)
      made.addPolicy(policy, position === 'perRetry' ? { afterPhase: 'Sign' } : {});
    return { sdk, made, client: sdk.createDefaultHttpClient() };
  });

  return async ({ method, address, body }) => {
    const { sdk, made, client } = await pipeline();
    const request = sdk.createPipelineRequest({
      method,
      url: new URL(address, endpoint).href,
      headers: sdk.createHttpHeaders({ accept: 'application/json' }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (body !== undefined) request.headers.set('content-type', 'application/json');
    const { status, bodyAsText, headers } = await made.sendRequest(client, request);
    const text = bodyAsText ?? '';
    const json = text === '' ? undefined : parseJson(text);
    if (status >= 300) throw new ArmAnswerError(status, json, { headers });
    if (text !== '' && json === undefined) throw new UnreadableAnswer();
    return json;
  };
}
