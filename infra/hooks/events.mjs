// azd's postdeploy hook: subscribes the app's functions to their events. Event Grid takes a function only when it is there.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { az, hook, HookError, output } from './az.mjs';

const template = join(dirname(dirname(fileURLToPath(import.meta.url))), 'events.bicep');

/** The region of a resource that is brought: its system topic must lie there too. */
function locationOf(id, apiVersion) {
  const found = az(['resource', 'show', '--ids', id, '--api-version', apiVersion, '--query', 'location']);
  if (!found.found) throw new HookError(`there is no ${id}.`);
  return found.value;
}

hook(() => {
  const vaultId = output('VAULT_ID');
  const hubId = process.env.EXISTING_HUB_ID ?? '';
  const parameters = {
    environmentName: output('AZURE_ENV_NAME'),
    resourceGroupName: output('AZURE_RESOURCE_GROUP'),
    functionAppId: output('FUNCTION_APP_ID'),
    requestTopicName: output('REQUEST_TOPIC_NAME'),
    eventsIdentityId: output('EVENTS_IDENTITY_ID'),
    storageId: output('STORAGE_ID'),
    deadLetterContainer: output('DEAD_LETTER_CONTAINER'),
    actionGroupId: output('ACTION_GROUP_ID'),
    registryIds: output('REGISTRY_IDS'),
    vaultId,
    vaultLocation: locationOf(vaultId, '2024-11-01'),
    ...(hubId ? { hubId, hubLocation: locationOf(hubId, '2023-06-30') } : {}),
  };
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const scope = ['--subscription', output('AZURE_SUBSCRIPTION_ID'), '--location', output('AZURE_LOCATION')];
  const what = [
    '--name',
    `events-${parameters.environmentName}`,
    '--template-file',
    template,
    '--parameters',
    ...given,
  ];
  az(['deployment', 'sub', 'create', ...scope, ...what]);
  console.log('The functions are subscribed to their events.');
});
