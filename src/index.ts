import * as df from 'durable-functions';
import { createActivities } from './activities/activities.js';
import { createRunActivities } from './activities/runs/runActivities.js';
import { hintingRecords } from './registration/hintingRecords.js';
import { registerActivities, registerRunActivities } from './registration/registerActivities.js';
import { binderNeeds, mapHolderNeeds } from './registration/entityNeeds.js';
import { entityInTurn, workInTurn } from './registration/workInTurn.js';
import { createCredential } from './azure/identity/credential.js';
import { createCallers } from './azure/identity/callers.js';
import { createPace } from './azure/budget/pace.js';
import { Turns } from './azure/budget/turns.js';
import { createAzurePorts } from './azure/ports.js';
import { loadConfig } from './settings/config.js';
import { vaultHosts } from './settings/vaults.js';
import { BINDER, NO_REQUESTS } from './domain/binding/bindingRequests.js';
import { CHECK } from './domain/check/checkRun.js';
import { CLIENT_RECORD, NOTHING_KNOWN } from './domain/clients/clientRecord.js';
import { CONNECTED_REGISTRY_RECORD, NEVER_SEEN } from './domain/events/connectedRegistryRecord.js';
import { MAP_HOLDER, NO_HOLDS } from './domain/scopeMaps/mapHolds.js';
import { OFFBOARD, ONBOARD, REVOKE, ROTATE } from './domain/operations/run.js';
import { NO_CONTROL } from './domain/rollouts/control.js';
import { EMPTY_PIECE, ROLLOUT_PIECE } from './domain/rollouts/pieceState.js';
import { ROLLOUT } from './domain/rollouts/rollout.js';
import { ROLLOUT_CLAIMS } from './domain/rollouts/claimsState.js';
import { ROLLOUT_CONTROL } from './domain/rollouts/controlState.js';
import { ONBOARD_PROFILE } from './domain/profiles/onboardProfile.js';
import { SWEEP, SWEEP_TIMER } from './domain/rotation/sweep.js';
import { TOKEN_CLAIM, UNCLAIMED } from './domain/tokens/tokenClaim.js';
import { START_WHEN_FREE } from './domain/operations/waitingRun.js';
import { createBinder } from './entities/binder.js';
import { createClientRecord } from './entities/clientRecord.js';
import { connectedRegistryRecord } from './entities/connectedRegistryRecord.js';
import { createMapHolder } from './entities/mapHolder.js';
import { NO_CLIENTS, POLLER_INDEX } from './domain/polling/pollerIndex.js';
import { pollerIndex } from './entities/pollerIndex.js';
import { registerEntity } from './entities/registerEntity.js';
import { NO_CLAIMS, rolloutClaims } from './entities/rolloutClaims.js';
import { rolloutControl } from './entities/rolloutControl.js';
import { rolloutPiece } from './entities/rolloutPiece.js';
import { tokenClaim } from './entities/tokenClaim.js';
import { offboard } from './orchestrations/offboard.js';
import { check } from './orchestrations/check.js';
import { onboard } from './orchestrations/onboard.js';
import { onboardProfile } from './orchestrations/onboardProfile.js';
import {
  recordedProfile,
  recordedRollout,
  recordedRun,
  recordedSweep,
  recordedWait,
} from './orchestrations/run/recordedEnd.js';
import { revoke } from './orchestrations/revoke.js';
import { rotate } from './orchestrations/rotate.js';
import { rollout } from './orchestrations/rollout.js';
import { rotationSweep } from './orchestrations/rotationSweep.js';
import { startWhenFree } from './orchestrations/startWhenFree.js';
import { auditedPorts } from './audit/auditedPorts.js';
import { guardInvocations } from './registration/guardedInvocations.js';
import { guardOutput } from '@connected-registry/protocol/redaction/guardedOutput';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { withInventoryLast } from './queries/inventoryQueries.js';
import { createQueries } from './queries/queries.js';
import { countedFlow } from './telemetry/countedFlow.js';
import { telemetryFrom } from './telemetry/fromEnvironment.js';
import { handOnTraces } from './telemetry/handedOnTrace.js';
import { observeInvocations } from './telemetry/invocation.js';
import { measuredPorts } from './telemetry/measuredPorts.js';
import { onClientRequested } from './triggers/eventGrid/clientRequested.js';
import { AnonymousLimit, anonymousHandlers } from './triggers/http/anonymousHandlers.js';
import { createFleetSource } from './triggers/http/fleet/fleetSource.js';
import { getInventory } from './triggers/http/fleet/inventory.js';
import { createInventoryView } from './triggers/http/fleet/inventoryView.js';
import { getOverview } from './triggers/http/fleet/overview.js';
import { postChecks } from './triggers/http/routes/checks.js';
import { getClientOperations } from './triggers/http/routes/clientOperations.js';
import { getClient, getClients } from './triggers/http/routes/clients.js';
import { onConnectedRegistryWritten } from './triggers/eventGrid/connectedRegistryWritten.js';
import { getDeviceMessages } from './triggers/http/routes/deviceMessages.js';
import { LongPolls } from './triggers/http/requests/longPolls.js';
import { getDeviceSecrets } from './triggers/http/routes/deviceSecrets.js';
import { onDeviceChanged } from './triggers/eventGrid/deviceChanged.js';
import { onSecretExpiring } from './triggers/eventGrid/secretExpiring.js';
import { getHealth } from './triggers/http/routes/health.js';
import { hintingReports } from './triggers/news/hintingReports.js';
import { postDeviceKeys } from './triggers/http/routes/deviceKeys.js';
import { deleteEnrolment, postEnrolments } from './triggers/http/routes/enrolments.js';
import { postOffboardings } from './triggers/http/routes/offboardings.js';
import { postOnboardings } from './triggers/http/routes/onboardings.js';
import { getOpenApi } from './triggers/http/routes/openApi.js';
import { getOperations } from './triggers/http/routes/operationList.js';
import { cancelOperation, getOperation } from './triggers/http/routes/operations.js';
import { operatorRoute, type OperatorHandler } from './triggers/http/operatorRoute.js';
import { postPromotion } from './triggers/http/routes/promotions.js';
import { postRedemption } from './triggers/http/routes/redemptions.js';
import { postRevocations } from './triggers/http/routes/revocations.js';
import { deletePoller, putPoller } from './triggers/http/routes/pollers.js';
import { getPendingMessages } from './triggers/http/routes/pendingMessages.js';
import { postPullCheck } from './triggers/http/routes/pullChecks.js';
import { getRolloutClients } from './triggers/http/routes/rolloutClients.js';
import { postRolloutCommand } from './triggers/http/routes/rolloutCommands.js';
import { getRollouts } from './triggers/http/routes/rolloutList.js';
import { getRollout, postRollouts } from './triggers/http/routes/rollouts.js';
import { postRotations } from './triggers/http/routes/rotations.js';
import { PURGE_SCHEDULE, purgeEndedRuns } from './triggers/timer/purgeEndedRuns.js';
import { SignedRequests } from './triggers/http/requests/signedRequest.js';
import { streamHttp } from './triggers/http/requests/streamHttp.js';
import { getRotationSchedule } from './triggers/http/routes/rotationSchedule.js';
import { fleetPageRoute } from './triggers/http/page/fleetPage.js';
import { startCommandedRollouts } from './triggers/timer/commandedRollouts.js';
import { eachHandler } from './triggers/timer/eachHandler.js';
import { onRotationTimer } from './triggers/timer/rotationTimer.js';
import { dailyCheck } from './triggers/timer/dailyCheck.js';

/* Registers every function of the app with the host: this file is the app's table of contents. */

guardOutput();
guardInvocations();
const config = loadConfig(process.env);
for (const { secret } of config.reportKeys.all)
  for (const form of ['base64', 'base64url', 'hex'] as const) seenSecrets.keep(secret.toString(form));
for (const warning of config.warnings) console.warn(warning);
const telemetry = telemetryFrom(process.env, createCredential(config.identity));
if (telemetry) {
  observeInvocations(telemetry);
  void handOnTraces();
}
const turns = new Turns();
const polls = new LongPolls(config.polling.atOnce);
const azure = createAzurePorts(config, turns, polls);
const ports = auditedPorts(telemetry ? measuredPorts(azure, telemetry) : azure);
const queries = withInventoryLast(createQueries(ports, config), (work) => turns.asInventory(work));
/**
 * For devices that ask: after all other requests, so that they cannot delay runs. A run's own message has the run's
 * turn.
 */
const sealedWhenAsked: typeof ports.sealed = {
  seal: (...asked) => turns.asInventory(() => ports.sealed.seal(...asked)),
};
const anonymousLimit = new AnonymousLimit(config.reportsPerMinute);
const anonymous = anonymousHandlers(anonymousLimit);
const signedRequests = new SignedRequests(config.reportKeys);
/** Shared by all requests to this instance of the app. */
const fleet = createFleetSource(config, queries.readFleet, (line) => console.warn(line));
const inventoryView = createInventoryView();
const forOperators = (handler: OperatorHandler) => operatorRoute(config.operators, handler, anonymousLimit);

df.app.client.http('postOnboardings', {
  route: 'onboardings',
  methods: ['POST'],
  ...forOperators(postOnboardings(config, queries)),
});
df.app.client.http('postOffboardings', {
  route: 'offboardings',
  methods: ['POST'],
  ...forOperators(postOffboardings(config, queries)),
});
df.app.client.http('postRevocations', {
  route: 'revocations',
  methods: ['POST'],
  ...forOperators(postRevocations(config, queries)),
});
df.app.client.http('getOperation', {
  route: 'operations/{id}',
  methods: ['GET'],
  ...forOperators(getOperation),
});
df.app.client.http('cancelOperation', {
  route: 'operations/{id}/cancel',
  methods: ['POST'],
  ...forOperators(cancelOperation),
});
df.app.client.http('getOperations', {
  route: 'operations',
  methods: ['GET'],
  ...forOperators(getOperations(config)),
});
df.app.client.http('getClients', {
  route: 'clients',
  methods: ['GET'],
  ...forOperators(getClients(config, queries)),
});
df.app.client.http('getClient', {
  route: 'clients/{key}',
  methods: ['GET'],
  ...forOperators(getClient(config, queries)),
});
df.app.client.http('getOverview', {
  route: 'overview',
  methods: ['GET'],
  ...forOperators(getOverview(config, fleet, inventoryView)),
});
df.app.client.http('getInventory', {
  route: 'inventory',
  methods: ['GET'],
  ...forOperators(getInventory(config, fleet, inventoryView)),
});
df.app.client.http('getClientOperations', {
  route: 'clients/{key}/operations',
  methods: ['GET'],
  ...forOperators(getClientOperations),
});
df.app.client.http('postChecks', {
  route: 'checks',
  methods: ['POST'],
  ...forOperators(postChecks(config, queries)),
});
if (config.checkSchedule !== undefined)
  df.app.client.timer('dailyCheck', { schedule: config.checkSchedule, handler: dailyCheck(config) });
df.app.client.http('getHealth', {
  route: 'health',
  methods: ['GET'],
  ...forOperators(getHealth(queries)),
});
df.app.client.http('postPullCheck', {
  route: 'pull-checks/{operation}/{attempt}',
  methods: ['POST'],
  // Devices have no function key: the report carries a key that is derived for the attempt.
  authLevel: 'anonymous',
  handler: anonymous(hintingReports(polls, postPullCheck(config.reportKeys)), 'device'),
});
df.app.client.http('postRotations', {
  route: 'rotations',
  methods: ['POST'],
  ...forOperators(postRotations(config, queries)),
});
df.app.client.http('postRollouts', {
  route: 'rollouts',
  methods: ['POST'],
  ...forOperators(postRollouts(config, queries)),
});
df.app.client.http('getRollouts', {
  route: 'rollouts',
  methods: ['GET'],
  ...forOperators(getRollouts),
});
df.app.client.http('getRollout', {
  route: 'rollouts/{id}',
  methods: ['GET'],
  ...forOperators(getRollout),
});
df.app.client.http('getRolloutClients', {
  route: 'rollouts/{id}/clients',
  methods: ['GET'],
  ...forOperators(getRolloutClients),
});
df.app.client.http('pauseRollout', {
  route: 'rollouts/{id}/pause',
  methods: ['POST'],
  ...forOperators(postRolloutCommand(config, 'pause')),
});
df.app.client.http('resumeRollout', {
  route: 'rollouts/{id}/resume',
  methods: ['POST'],
  ...forOperators(postRolloutCommand(config, 'resume')),
});
df.app.client.http('cancelRollout', {
  route: 'rollouts/{id}/cancel',
  methods: ['POST'],
  ...forOperators(postRolloutCommand(config, 'cancel')),
});
df.app.client.http('retryFailedInRollout', {
  route: 'rollouts/{id}/retry-failed',
  methods: ['POST'],
  ...forOperators(postRolloutCommand(config, 'retry-failed')),
});
df.app.client.http('getRotationSchedule', {
  route: 'rotations/schedule',
  methods: ['GET'],
  ...forOperators(getRotationSchedule(config, queries)),
});
df.app.client.timer(SWEEP_TIMER, {
  schedule: config.rotationSweepSchedule,
  // Rollouts need no timer of their own: what they look for is rare.
  handler: eachHandler({ sweep: onRotationTimer(config), rollouts: startCommandedRollouts(config) }),
});
df.app.client.http('postPromotion', {
  route: 'promotions/{operation}',
  methods: ['POST'],
  // Devices have no function key: the acknowledgement carries a key that is derived for the promotion.
  authLevel: 'anonymous',
  handler: anonymous(postPromotion(config.reportKeys), 'device'),
});
df.app.client.http('getPendingMessages', {
  route: 'pull-checks/pending',
  methods: ['GET'],
  // A device sends a token of its own Entra identity, which the handler validates.
  authLevel: 'anonymous',
  handler: anonymous(getPendingMessages(config, createCallers(config), polls), 'device'),
});
df.app.client.http('getDeviceMessages', {
  route: 'devices/messages',
  methods: ['GET'],
  // A device that has joined signs its requests.
  authLevel: 'anonymous',
  handler: anonymous(getDeviceMessages(config.reportKeys, signedRequests, polls), 'device'),
});
df.app.client.http('getDeviceSecrets', {
  route: 'devices/secrets',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: anonymous(getDeviceSecrets(config, signedRequests, sealedWhenAsked), 'device'),
});
df.app.client.http('postEnrolments', {
  route: 'enrolments',
  methods: ['POST'],
  ...forOperators(postEnrolments(config)),
});
df.app.client.http('putPoller', {
  route: 'clients/{key}/poller',
  methods: ['PUT'],
  ...forOperators(putPoller(config, queries)),
});
df.app.client.http('deletePoller', {
  route: 'clients/{key}/poller',
  methods: ['DELETE'],
  ...forOperators(deletePoller),
});
df.app.client.http('deleteEnrolment', {
  route: 'enrolments/{key}',
  methods: ['DELETE'],
  ...forOperators(deleteEnrolment),
});
df.app.client.http('postRedemption', {
  route: 'enrolments/redeem',
  methods: ['POST'],
  // A device that joins has a join token and a key of its own, with which it signs the request.
  authLevel: 'anonymous',
  handler: anonymous(postRedemption(config, signedRequests, ports.alerts), 'device'),
});
df.app.client.http('postDeviceKeys', {
  route: 'devices/keys',
  methods: ['POST'],
  // A device that has joined signs its requests.
  authLevel: 'anonymous',
  handler: anonymous(postDeviceKeys(config, signedRequests), 'device'),
});
df.app.client.http('getOpenApi', {
  route: 'openapi.json',
  methods: ['GET'],
  // The document contains nothing about an installation.
  authLevel: 'anonymous',
  handler: anonymous(getOpenApi, 'anybody'),
});
if (config.fleetPage) df.app.client.http('getFleetPage', fleetPageRoute(config.fleetPage.signIn, anonymous));
df.app.client.timer('purgeEndedRuns', { schedule: PURGE_SCHEDULE, handler: purgeEndedRuns(config.purgeAfterDays) });
// One function for each source, so that a publisher to one topic cannot pretend to be another source.
df.app.client.eventGrid('clientRequested', { handler: onClientRequested(config) });
df.app.client.eventGrid('deviceChanged', { handler: onDeviceChanged(config, queries) });
df.app.client.eventGrid('connectedRegistryWritten', { handler: onConnectedRegistryWritten(config, queries) });
df.app.client.eventGrid('secretExpiring', { handler: onSecretExpiring(config, queries) });

df.app.orchestration(ONBOARD, recordedRun(ONBOARD, countedFlow(ONBOARD, onboard, telemetry)));
df.app.orchestration(ROTATE, recordedRun(ROTATE, countedFlow(ROTATE, rotate, telemetry)));
df.app.orchestration(OFFBOARD, recordedRun(OFFBOARD, countedFlow(OFFBOARD, offboard, telemetry)));
df.app.orchestration(REVOKE, recordedRun(REVOKE, countedFlow(REVOKE, revoke, telemetry)));
df.app.orchestration(SWEEP, recordedSweep(rotationSweep));
df.app.orchestration(ROLLOUT, recordedRollout(rollout));
df.app.orchestration(ONBOARD_PROFILE, recordedProfile(onboardProfile));
df.app.orchestration(CHECK, recordedRun(CHECK, check));
df.app.orchestration(START_WHEN_FREE, recordedWait(startWhenFree));
const inTurn = workInTurn(turns, config);
registerEntity(
  BINDER,
  NO_REQUESTS,
  createBinder(ports.controlPlane, config.caps.clientsPerConnectedRegistry),
  entityInTurn(inTurn, binderNeeds),
);
registerEntity(CLIENT_RECORD, NOTHING_KNOWN, createClientRecord(vaultHosts(config)), hintingRecords(polls));
registerEntity(CONNECTED_REGISTRY_RECORD, NEVER_SEEN, connectedRegistryRecord);
registerEntity(POLLER_INDEX, NO_CLIENTS, pollerIndex);
registerEntity(TOKEN_CLAIM, UNCLAIMED, tokenClaim);
registerEntity(ROLLOUT_CONTROL, NO_CONTROL, rolloutControl);
registerEntity(ROLLOUT_PIECE, EMPTY_PIECE, rolloutPiece);
registerEntity(ROLLOUT_CLAIMS, NO_CLAIMS, rolloutClaims);
registerEntity(MAP_HOLDER, NO_HOLDS, createMapHolder(ports.controlPlane), entityInTurn(inTurn, mapHolderNeeds));
registerActivities(createActivities(ports, queries, config), inTurn);
registerRunActivities(createRunActivities(queries, config, createPace(turns, config)), inTurn);

// Bodies arrive as streams, so that a request uses no memory before its handler reads the body.
streamHttp();
