import type { OrchestrationContext } from 'durable-functions';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import type { VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import { isConverged, type OnboardingPlan, type StoredCredential } from '../domain/onboarding/plan.js';
import type { OnboardingResult, OperationOutcome } from '../domain/operations/operation.js';
import type { OnboardingRun } from '../domain/operations/run.js';
import { completeOrUndo } from './run/completeOrUndo.js';
import type { Flow } from './run/flow.js';
import { beginRun, type RunContext } from './run/runContext.js';
import { ClientRecords } from './steps/clientRecord.js';
import { preflight, type OnboardingClient } from './steps/onboardingClient.js';
import { setPoller } from './steps/poller.js';
import { undoEnabling, undoScopeMap, undoToken } from './steps/onboardingUndo.js';

/** Onboards one client of one connected registry: the steps of docs/architecture.md, in their order. */
export function* onboard(context: OrchestrationContext): Flow<OperationOutcome> {
  const run = beginRun<OnboardingRun>(context, { isCancellable: true });
  return yield* completeOrUndo(run, () => onboardClient(run));
}

function* onboardClient(run: RunContext<OnboardingRun>): Flow<OnboardingResult> {
  const client = yield* preflight(run);
  const { plan, credentials } = client;
  const { credential } = plan;
  if (isUpToDate(client) && credential.kind === 'keep' && credential.stored.pull) {
    yield* client.access.complete();
    yield* clearRevocation(client);
    return resultOf(client, credential.stored, credential.stored.pull, false);
  }

  yield* setPoller(run, plan.poller);
  yield* run.step('ensureScopeMap', () => ensureScopeMap(client), undoScopeMap(client));
  if (plan.token.revoked) yield* run.step('enableToken', () => enableToken(client), undoEnabling(client));
  yield* run.step('ensureToken', () => ensureToken(client), undoToken(client));
  yield* client.access.grant();
  if (credential.kind === 'keep') return yield* verifyKept(client, credential.stored);

  return yield* credentials.unlessLost(function* (attempt) {
    const taken = { ...credential, wasLive: credential.replacesLivePassword };
    const undo = [...(plan.token.exists ? [credentials.undoSlot(taken)] : []), ...credentials.undoIssue()];
    const issued = yield* credentials.issue(credential.slot, attempt, attempt === 1 ? undo : []);
    yield* bind(client);
    const proof = yield* credentials.prove(issued, { credential: issued, attempt });
    const { secret, pull } = yield* credentials.promote(issued, proof, attempt);
    yield* succeed(client);
    yield* credentials.announce(secret);
    return resultOf(client, { ...issued, ...secret }, pull, true);
  });
}

/**
 * Nothing is to be written, the request does not ask for a new pull check, and the device is the one that has the
 * credential.
 */
function isUpToDate({ plan, request, address }: OnboardingClient): boolean {
  return isConverged(plan) && !request.recheck && !address.hasNewKeys;
}

function* ensureScopeMap({ plan, request, mapHold }: OnboardingClient): Flow<void> {
  yield* mapHold.ensure({
    actions: toActions(request.permissions),
    ...(plan.restoresScopeMap ? { restore: true } : {}),
    ...(plan.scopeMap === 'same' ? { seenAt: plan.checkedAt } : {}),
  });
}

/** A token that a revocation disabled is enabled by this step alone, and never with a password that it had. */
function* enableToken({ run, plan, request: { registry, token } }: OnboardingClient): Flow<void> {
  const passwords = plan.token.revoked?.passwords ?? [];
  yield* run.activities.enableToken({ registry, token, passwords });
}

function* ensureToken({ run, plan, request, reference, held, binding }: OnboardingClient): Flow<void> {
  const { registry, token, scopeMap } = request;
  const { exists, createdAt, earlierScopeMap, isAdopted } = plan.token;
  const { credential } = plan;
  const move = { reference, checkedAt: plan.checkedAt };
  held.note(plan.token.held);
  if (!plan.bound) binding.announce();
  yield* run.activities.ensureToken({
    registry,
    token,
    scopeMap,
    ...(earlierScopeMap === undefined ? {} : { earlierScopeMap, move }),
    ...(exists ? { found: createdAt === undefined ? {} : { createdAt } } : {}),
    ...(isAdopted && credential.kind === 'issue' ? { fills: fillsOf(credential) } : {}),
  });
  if (!exists) held.made(plan.token.held);
  binding.requestBinding();
}

function fillsOf({ slot, earlierPassword }: Extract<OnboardingPlan['credential'], { kind: 'issue' }>) {
  return { slot, ...(earlierPassword === undefined ? {} : { earlier: earlierPassword }) };
}

function* bind({ run, plan, binding }: OnboardingClient): Flow<void> {
  if (!plan.bound) yield* run.step('bind', () => binding.ensure());
}

/** The stored credential fits, and what was missing around it is there now, so the device checks it as it is. */
function* verifyKept(client: OnboardingClient, stored: StoredCredential): Flow<OnboardingResult> {
  const { run, plan, request, reference, rights, credentials } = client;
  yield* bind(client);
  const pull = yield* credentials.prove(stored);
  const verification = { reference, version: stored.version, scopeMap: request.scopeMap, rights, pull };
  yield* run.step('recordVerification', () => run.activities.recordVerification(verification));
  yield* succeed(client);
  // Another device than the one that has had the promotion.
  if (client.address.hasNewKeys)
    yield* credentials.announce({ name: mainSecretName(request), version: stored.version });
  return resultOf(client, stored, pull, plan.writes.length > 0);
}

/**
 * Ends what entities keep for this run: what it made is in use from now on. Only now an earlier revocation is cleared.
 */
function* succeed(client: OnboardingClient): Flow<void> {
  client.binding.complete();
  client.mapHold.complete();
  yield* client.access.complete();
  yield* clearRevocation(client);
}

function* clearRevocation({ run, clears }: OnboardingClient): Flow<void> {
  if (clears) yield* new ClientRecords(run.uninterrupted()).clearRevocation();
}

function resultOf(
  { request, run, plan: { byHand } }: OnboardingClient,
  secret: Pick<OnboardingResult['secret'], 'version' | 'slot' | 'expiresOn'>,
  pull: VerifiedPull,
  changed: boolean,
): OnboardingResult {
  const { scopeMap, token, connectedRegistry } = request;
  const { version, slot, expiresOn } = secret;
  const name = mainSecretName(request);
  const { placeInResult: place } = run;
  return {
    scopeMap,
    token,
    connectedRegistry,
    ...place,
    secret: { name, version, slot, expiresOn },
    pull,
    changed,
    ...(byHand === undefined ? {} : { byHand }),
  };
}
