import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, referenceOf } from '@connected-registry/protocol/names/clientKey';
import { lifetimeFault } from '@connected-registry/protocol/requests/lifetimes';
import {
  fingerprint,
  ONBOARDING_FIELDS,
  onboardingBody,
  toOnboarding,
  type Onboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { ONBOARD } from '../../../domain/operations/run.js';
import type { Problem, RunningOperation } from '@connected-registry/protocol/answers/answers';
import type { DryRunAnswer, OnboardingPlan } from '../../../domain/onboarding/plan.js';
import { pollerIsFull } from '../../../domain/polling/plannedPoller.js';
import { hasRoom } from '../../../domain/polling/pollerIndex.js';
import { ofAnotherClient } from '../../../domain/tokens/sharedToken.js';
import { inTime } from '../../../queries/inTime.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import { recordFacts } from '../../../queries/onboarding/recordFacts.js';
import type { Queries } from '../../../queries/queries.js';
import { vaultHosts } from '../../../settings/vaults.js';
import { durableRuns } from '../../durable/durableRuns.js';
import { readClientRecord, readTokenOwner } from '../../durable/clientRecords.js';
import { readPollerIndex } from '../../durable/pollers/polledClients.js';
import { newRun } from '../../durable/newRun.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { startAnswer } from '../answers/startAnswer.js';
import { unknownRegistry } from '../requests/clientsBody.js';
import { jsonBody } from '../requests/jsonBody.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';

/** Maximum bytes of a body: 500 repositories with long names fit. */
const MAX_BYTES = 256 * 1024;

/** Milliseconds that the answer waits for its warnings. Listing the names of a large vault takes longer. */
const WARNINGS_WITHIN = 2_000;

/** `POST /api/onboardings`: starts an onboarding, attaches to an equal one, or plans one (dryRun). */
export function postOnboardings(config: Config, queries: Queries) {
  return async (request: HttpRequest, client: DurableClient, actor: string): Promise<HttpResponseInit> => {
    const body = await jsonBody(request, MAX_BYTES);
    if ('refusal' in body) return body.refusal;
    const parsed = onboardingBody.safeParse(body.value, { reportInput: true });
    if (!parsed.success) return invalidRequest(fieldErrors(parsed.error, ONBOARDING_FIELDS));
    const fault = lifetimeFault(parsed.data.credentialLifetimeDays, config.lifetimes);
    if (fault) return invalidRequest([fault]);
    const onboarding = toOnboarding(parsed.data, config.registries[0].name, config.lifetimes.defaultDays);
    if (!findRegistry(config, onboarding.registry)) return invalidRequest([unknownRegistry('registry', config)]);
    return parsed.data.dryRun
      ? plan(onboarding, client, config, queries)
      : start(client, onboarding, actor, config, queries);
  };
}

/** Plans an onboarding that would be requested now, including clearing a revocation. */
function plan(
  onboarding: Onboarding,
  client: DurableClient,
  config: Pick<Config, 'vaults'>,
  queries: Queries,
): Promise<HttpResponseInit> {
  return orServiceProblem(async () => {
    const key = clientKey(onboarding);
    const record = await readClientRecord(client, key);
    const vault = clientVault(record, key, vaultHosts(config));
    const [found, twins, ofLimit] = await Promise.all([
      queries.preflight(onboarding, vault, recordFacts(record)),
      queries.findCaseTwins(referenceOf(onboarding)),
      onboarding.identity === undefined ? [] : queries.limitWarnings(referenceOf(onboarding), vault),
    ]);
    const { writes, adopts, byHand } = found;
    const problems = [
      ...found.problems,
      ...(await claimProblems(onboarding, found, client)),
      ...(await pollerProblems(onboarding, found, client)),
    ];
    return {
      status: 200,
      jsonBody: {
        problems,
        writes,
        adopts,
        ...(byHand === undefined ? {} : { byHand }),
        vaults: [{ client: onboarding.client, vault }],
        ...warningsOf([...twins, ...ofLimit]),
      } satisfies DryRunAnswer,
    };
  });
}

/** The problem that the run would meet when it claims its token, if another client owns the token's claim. */
async function claimProblems(onboarding: Onboarding, plan: OnboardingPlan, client: DurableClient): Promise<Problem[]> {
  const { token } = onboarding;
  if (plan.problems.some(({ code }) => code === 'token-of-another-client')) return [];
  const owner = await readTokenOwner(client, onboarding.registry, token);
  return owner === undefined || clientKey(owner) === clientKey(onboarding) ? [] : [ofAnotherClient(token, [owner])];
}

/** The problem that the run would meet when it sets a poller that has as many clients as it may. */
async function pollerProblems(reference: Onboarding, { poller }: OnboardingPlan, client: DurableClient) {
  if (!poller || hasRoom(await readPollerIndex(client, poller.objectId), reference)) return [];
  return [pollerIsFull(poller.objectId)];
}

async function start(
  client: DurableClient,
  onboarding: Onboarding,
  actor: string,
  config: Config,
  queries: Pick<Queries, 'findCaseTwins' | 'limitWarnings'>,
): Promise<HttpResponseInit> {
  const run = newRun(onboarding, { actor, fingerprint: fingerprint(onboarding) }, config);
  const [result, twins, ofLimit] = await Promise.all([
    durableRuns(client).start(ONBOARD, run),
    queries.findCaseTwins(referenceOf(onboarding), WARNINGS_WITHIN),
    onboarding.identity === undefined ? [] : warningsOfLimit(onboarding, client, config, queries),
  ]);
  const answer = startAnswer(result);
  const warnings = [...twins, ...ofLimit];
  if (result.kind !== 'running' || warnings.length === 0) return answer;
  const jsonBody = { id: result.id, status: 'running', ...warningsOf(warnings) } satisfies RunningOperation;
  return { ...answer, jsonBody };
}

/** The run has been started beside it, so neither a failure nor a slow storage may cost the answer. */
async function warningsOfLimit(
  onboarding: Onboarding,
  client: DurableClient,
  config: Pick<Config, 'vaults'>,
  queries: Pick<Queries, 'limitWarnings'>,
): Promise<readonly CheckWarning[]> {
  const key = clientKey(onboarding);
  const reading = readClientRecord(client, key).catch(() => undefined);
  const record = await inTime(reading, WARNINGS_WITHIN, undefined);
  // Without the record, it is unknown which vault the client has.
  if (!record) return [];
  const vault = clientVault(record, key, vaultHosts(config));
  return queries.limitWarnings(referenceOf(onboarding), vault, { within: WARNINGS_WITHIN });
}

function warningsOf(warnings: readonly CheckWarning[]): { readonly warnings?: readonly CheckWarning[] } {
  return warnings.length === 0 ? {} : { warnings };
}
