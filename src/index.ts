import * as df from 'durable-functions';
import { createActivities } from './activities/activities.js';
import { createAzurePorts } from './azure/ports.js';
import { loadConfig } from './config.js';
import { ONBOARD } from './domain/onboardingRun.js';
import { registerBinder } from './entities/registerBinder.js';
import { onboard } from './orchestrations/onboard.js';
import { createQueries } from './queries/queries.js';
import { onClientRequested } from './triggers/eventGrid/clientRequested.js';
import { guarded } from './triggers/http/guarded.js';
import { postOnboardings } from './triggers/http/onboardings.js';
import { cancelOperation, getOperation } from './triggers/http/operations.js';
import { postPullCheck } from './triggers/http/pullChecks.js';

/* The app's table of contents: every function that the host shows is registered here. */

const config = loadConfig(process.env);
for (const warning of config.warnings) console.warn(warning);
const ports = createAzurePorts(config);
const queries = createQueries(ports, config);

df.app.client.http('postOnboardings', {
  route: 'onboardings',
  methods: ['POST'],
  authLevel: 'function',
  handler: guarded(postOnboardings(config, queries)),
});
df.app.client.http('getOperation', {
  route: 'operations/{id}',
  methods: ['GET'],
  authLevel: 'function',
  handler: guarded(getOperation),
});
df.app.client.http('cancelOperation', {
  route: 'operations/{id}/cancel',
  methods: ['POST'],
  authLevel: 'function',
  handler: guarded(cancelOperation),
});
df.app.client.http('postPullCheck', {
  route: 'pull-checks/{operation}/{attempt}',
  methods: ['POST'],
  // Devices hold no function key: the attempt's derived key admits the report.
  authLevel: 'anonymous',
  handler: guarded(postPullCheck(config.reportKeys)),
});
df.app.client.eventGrid('clientRequested', { handler: onClientRequested(config) });

df.app.orchestration(ONBOARD, onboard);
registerBinder(ports.controlPlane, config.caps.clientsPerConnectedRegistry);
for (const [name, activity] of Object.entries(createActivities(ports, queries, config)))
  df.app.activity(name, { handler: activity });
