// Deploys infra/events.bicep.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { az, AzError, output } from './az.mjs';

const template = join(dirname(dirname(fileURLToPath(import.meta.url))), 'events.bicep');
const TRY_AGAIN_SECONDS = 15;

/**
 * What Event Grid says of a function that it does not see yet. Source: GitHub, Azure/bicep issue 11656. Every other
 * error is final.
 */
const NOT_YET = /Destination endpoint not found/i;

/**
 * Subscribes every function, and repeats while Event Grid does not see one of them yet.
 * @param {import('./functionsListed.mjs').HookWorld} world
 * @param {number} until instant (ms) after which it is not repeated
 * @throws {AzError} with az's own message
 */
export async function subscribe({ now, sleep, say }, until) {
  const parameters = parametersOf();
  const location = output('AZURE_LOCATION');
  const scope = ['--subscription', output('AZURE_SUBSCRIPTION_ID'), '--location', location];
  // A deployment of a subscription keeps its region: another region needs another name.
  const name = `events-${parameters.environmentName}-${location}`.slice(0, 64);
  const given = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  const what = ['--name', name, '--template-file', template, '--parameters', ...given];
  for (;;)
    try {
      az(['deployment', 'sub', 'create', ...scope, ...what]);
      return;
    } catch (error) {
      if (!(error instanceof AzError) || !NOT_YET.test(error.said)) throw error;
      if (now() + TRY_AGAIN_SECONDS * 1000 > until) throw error;
      say('Event Grid does not see all functions yet; trying again.');
      await sleep(TRY_AGAIN_SECONDS * 1000);
    }
}

function parametersOf() {
  const vaultId = output('VAULT_ID');
  const hubId = process.env.EXISTING_HUB_ID ?? '';
  const registryIds = inOneSpelling(output('REGISTRY_IDS'));
  const groupTopicIds = groupTopics(registryIds, output('FUNCTION_APP_ID')).join(',');
  return {
    environmentName: output('AZURE_ENV_NAME'),
    resourceGroupName: output('AZURE_RESOURCE_GROUP'),
    functionAppId: output('FUNCTION_APP_ID'),
    requestTopicName: output('REQUEST_TOPIC_NAME'),
    eventsIdentityId: output('EVENTS_IDENTITY_ID'),
    storageId: output('STORAGE_ID'),
    deadLetterContainer: output('DEAD_LETTER_CONTAINER'),
    actionGroupId: output('ACTION_GROUP_ID'),
    registryIds: registryIds.join(','),
    ...(groupTopicIds ? { groupTopicIds } : {}),
    vaultId,
    vaultLocation: locationOf(vaultId, '2026-02-01'),
    ...(hubId ? { hubId, hubLocation: locationOf(hubId, '2023-06-30') } : {}),
  };
}

/**
 * The registries, each group in the spelling of its first registry: Resource Manager ignores case, events.bicep and a
 * set do not, and Event Grid refuses a second topic for a group.
 * @param {string} registryIds resource ids, separated by commas
 */
function inOneSpelling(registryIds) {
  /** @type {Map<string, string>} */
  const spellings = new Map();
  return registryIds.split(',').map((one) => {
    const id = one.trim();
    const group = groupOf(id);
    const key = group.toLowerCase();
    const spelling = spellings.get(key) ?? group;
    spellings.set(key, spelling);
    return spelling + id.slice(group.length);
  });
}

/** @param {string} id resource id */
function groupOf(id) {
  return id.split('/').slice(0, 5).join('/');
}

/**
 * The system topics that earlier deployments of this environment have made in the groups of the registries. They keep
 * their names, which earlier versions made of the order of the registries: Event Grid refuses a second topic for a
 * group.
 * @param {string[]} registryIds resource ids
 * @param {string} functionAppId resource id
 * @returns {string[]} resource ids
 */
function groupTopics(registryIds, functionAppId) {
  const groups = new Set(registryIds.map(groupOf));
  const token = functionAppId.split('-').at(-1);
  const ofThisApp = `[?starts_with(name, 'evgt-group-') && ends_with(name, '-${token}')].id | [0]`;
  return [...groups].flatMap((group) => {
    const [, , subscription = '', , name = ''] = group.split('/');
    const where = ['--subscription', subscription, '--resource-group', name];
    const type = ['--resource-type', 'Microsoft.EventGrid/systemTopics'];
    const id = az(['resource', 'list', ...where, ...type, '--query', ofThisApp]);
    return typeof id === 'string' ? [id] : [];
  });
}

/**
 * The region of an existing resource: its system topic must lie there too.
 * @param {string} id resource id
 * @param {string} apiVersion of its type
 */
function locationOf(id, apiVersion) {
  return az(['resource', 'show', '--ids', id, '--api-version', apiVersion, '--query', 'location']);
}
