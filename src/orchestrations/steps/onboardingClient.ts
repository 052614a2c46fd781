import { refusing } from '@connected-registry/protocol/answers/problems';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { rightsHash, toActions } from '@connected-registry/protocol/names/permissions';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { OnboardingRun } from '../../domain/operations/run.js';
import type { Flow } from '../run/flow.js';
import { PreflightRefused } from '../run/refused.js';
import type { RunContext } from '../run/runContext.js';
import { planWhenActive } from './activation.js';
import { Binding } from './binding.js';
import { ClientRecords } from './clientRecord.js';
import { Credentials } from './credentials.js';
import { DeviceAddress } from './deviceAddress.js';
import { channelOfRun } from './deviceChannel.js';
import { ReadAccessSteps, EFFECTIVE_WITHIN_SECONDS } from './readAccess.js';
import { HeldTokenSteps } from './heldToken.js';
import { RunMapHold } from './mapHold.js';

/** The client that an onboarding is about, once it has a plan, and what its steps work with. */
export interface OnboardingClient {
  readonly run: RunContext<OnboardingRun>;
  readonly plan: OnboardingPlan;
  /** As requested. */
  readonly request: Onboarding;
  readonly reference: ClientReference;
  /** Hash of the requested rights. */
  readonly rights: string;
  /** Whether this run clears an earlier revocation when it succeeds. */
  readonly clears: boolean;
  readonly records: ClientRecords;
  readonly mapHold: RunMapHold;
  readonly binding: Binding;
  readonly held: HeldTokenSteps;
  readonly credentials: Credentials;
  readonly access: ReadAccessSteps;
  readonly address: DeviceAddress;
}

/**
 * Checks that the run may begin, plans what it does, and claims the token: from then on no other client's run may use
 * it, however close together both looked at it.
 *
 * @throws PreflightRefused with the problems that must be solved first; StepFailed when the client was revoked, or a
 * newer event was taken
 */
export function* preflight(run: RunContext<OnboardingRun>): Flow<OnboardingClient> {
  const records = new ClientRecords(run);
  return yield* run.step('preflight', function* () {
    const { hasJoined, hub, vault: _vault, ...started } = yield* records.begin();
    const look = () => run.activities.preflight({ onboarding: run.input.request, ...started });
    const plan = yield* planWhenActive(run, look);
    if (refusing(plan.problems).length > 0) throw new PreflightRefused(plan.problems);
    const asks = hasJoined === true || (run.input.request.poller ?? started.poller?.current) !== undefined;
    const address = new DeviceAddress(run, channelOfRun(run.input, { asks, hub }));
    const client = clientOf(run, plan, records, { clears: started.clears !== undefined, address });
    yield* client.held.claim();
    run.afterUndo(function* (failure) {
      client.held.undone(failure, plan);
      return {};
    });
    yield* address.readEarly();
    return client;
  });
}

function clientOf(
  run: RunContext<OnboardingRun>,
  plan: OnboardingPlan,
  records: ClientRecords,
  { clears, address }: Pick<OnboardingClient, 'clears' | 'address'>,
): OnboardingClient {
  const { request } = run.input;
  const reference = referenceOf(request);
  const rights = rightsHash(toActions(request.permissions));
  const binding = new Binding(run, request.token);
  const held = new HeldTokenSteps(run, request.token, request.identity ? { names: request.identity.principalId } : {});
  const mapHold = new RunMapHold(run, request);
  const order = {
    reference,
    token: request.token,
    scopeMap: request.scopeMap,
    image: request.image,
    endpoint: plan.endpoint,
    address,
    sync: plan.sync,
    made: { ...plan.made, rights },
    credentialLifetimeDays: request.credentialLifetimeDays,
    acknowledgeSeconds: run.limits.overlapSeconds,
    ...(plan.access && plan.access.missing.length > 0 ? { accessSeconds: EFFECTIVE_WITHIN_SECONDS } : {}),
    ...(plan.token.isAdopted ? { isAdopted: plan.token.isAdopted } : {}),
    ...(plan.mainVersion === undefined ? {} : { mainVersion: plan.mainVersion }),
  };
  const credentials = new Credentials(run, order, () => binding.ensure('ensureAgain'));
  const access = new ReadAccessSteps(run, plan.access);
  return {
    run,
    plan,
    request,
    reference,
    rights,
    clears,
    records,
    mapHold,
    binding,
    held,
    credentials,
    access,
    address,
  };
}
