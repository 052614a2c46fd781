import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIX_COMMANDS } from '../../src/domain/check/fixCommands.js';
import { AzCloud } from './azCloud.js';

const registry = 'MyRegistry';
const connectedRegistry = 'myconnectedregistry';
const token = 'a-device';
const scopeMap = 'a-map';

/** The simulator makes its ids up, so they are filled in before a command is run. */
const SUBSCRIPTION = '00000000-0000-0000-0000-00000000aaaa';
const APP = '00000000-0000-0000-0000-00000000bbbb';
const vault = `/subscriptions/${SUBSCRIPTION}/resourceGroups/onboarding-local/providers/Microsoft.KeyVault/vaults/onboarding-local`;
const assignment = `${vault}/secrets/a-secret/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000cccc`;

/** Creates a registry without connected registries, which would need what the fix enables. */
const CREATE = 'az acr create -g onboarding-local -l westeurope';

/** Each fix as it is printed, the commands that make it necessary, and the command and output that show its effect. */
const CASES: {
  readonly [Name in keyof typeof FIX_COMMANDS]: {
    readonly before?: readonly string[];
    readonly fix: string;
    readonly after: string;
    readonly expected: unknown;
  };
} = {
  upgradeRegistry: {
    before: [`${CREATE} -n plainregistry --sku Standard`],
    fix: FIX_COMMANDS.upgradeRegistry({ registry: 'plainregistry' }),
    after: 'az acr show -n plainregistry --query sku.name',
    expected: 'Premium',
  },
  enableDataEndpoint: {
    before: [`${CREATE} -n newregistry --sku Premium`],
    fix: FIX_COMMANDS.enableDataEndpoint({ registry: 'newregistry' }),
    after: 'az acr show -n newregistry --query dataEndpointEnabled',
    expected: true,
  },
  listConnectedRegistries: {
    fix: FIX_COMMANDS.listConnectedRegistries({ registry }),
    after: `${FIX_COMMANDS.listConnectedRegistries({ registry })} --query '[].name'`,
    expected: [connectedRegistry],
  },
  connectedRegistrySettings: {
    fix: FIX_COMMANDS.connectedRegistrySettings({ registry, connectedRegistry }),
    after: `az acr token show -r myregistry -n ${connectedRegistry} --query 'credentials.passwords[0].name'`,
    expected: 'password1',
  },
  showConnectedRegistry: {
    fix: FIX_COMMANDS.showConnectedRegistry({ registry, connectedRegistry }),
    after: `${FIX_COMMANDS.showConnectedRegistry({ registry, connectedRegistry })} --query name`,
    expected: connectedRegistry,
  },
  showDataEndpoint: {
    fix: FIX_COMMANDS.showDataEndpoint({ registry }),
    after: FIX_COMMANDS.showDataEndpoint({ registry }),
    expected: true,
  },
  showTokenStatus: {
    fix: FIX_COMMANDS.showTokenStatus({ registry, token }),
    after: FIX_COMMANDS.showTokenStatus({ registry, token }),
    expected: 'enabled',
  },
  setSyncSchedule: {
    fix: FIX_COMMANDS.setSyncSchedule({ registry, connectedRegistry }),
    after: `az acr connected-registry show -r myregistry -n ${connectedRegistry} --query parent.syncProperties.schedule`,
    expected: '0 3 * * *',
  },
  addToSyncScope: {
    fix: FIX_COMMANDS.addToSyncScope({ registry, connectedRegistry, repository: 'samples/*' }),
    after: `az acr scope-map show -r myregistry -n ${connectedRegistry} --query "contains(actions, 'repositories/samples/*/content/read')"`,
    expected: true,
  },
  keepMessages: {
    fix: FIX_COMMANDS.keepMessages({ registry, connectedRegistry, seconds: 8 * 86_400 + 1 }),
    after: `az acr connected-registry show -r myregistry -n ${connectedRegistry} --query parent.syncProperties.messageTtl`,
    // The CLI prints the duration P10D in this form.
    expected: '10 days, 0:00:00',
  },
  removeClientToken: {
    before: [`az acr connected-registry update -r myregistry -n ${connectedRegistry} --add-client-tokens ${token}`],
    fix: FIX_COMMANDS.removeClientToken({ registry, connectedRegistry, token }),
    after: `az acr connected-registry list-client-tokens -r myregistry -n ${connectedRegistry}`,
    expected: [],
  },
  enableToken: {
    before: [`az acr token update -r myregistry -n ${token} --status disabled`],
    fix: FIX_COMMANDS.enableToken({ registry, token }),
    after: `az acr token show -r myregistry -n ${token} --query status`,
    expected: 'enabled',
  },
  clearPassword: {
    before: [`az acr token credential generate -r myregistry -n ${token}`],
    fix: FIX_COMMANDS.clearPassword({ registry, token, slot: 'password1' }),
    after: `az acr token show -r myregistry -n ${token} --query 'credentials.passwords[].name'`,
    expected: ['password2'],
  },
  moveToken: {
    before: [`az acr token update -r myregistry -n ${token} --scope-map _repositories_pull`],
    fix: FIX_COMMANDS.moveToken({ registry, token, scopeMap }),
    after: `az acr token show -r myregistry -n ${token} --query "ends_with(scopeMapId, '/${scopeMap}')"`,
    expected: true,
  },
  vaultId: {
    fix: FIX_COMMANDS.vaultId({ vault: 'onboarding-local' }),
    after: 'az resource list --resource-type Microsoft.KeyVault/vaults --name onboarding-local --query [0].name',
    expected: 'onboarding-local',
  },
  letAppAssign: {
    fix: FIX_COMMANDS.letAppAssign({ vault, principalId: APP }),
    after: `az rest --url "${vault}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01" --query "value[?contains(properties.roleDefinitionId, 'f58310d9')].properties.conditionVersion | [0]"`,
    expected: '2.0',
  },
  deleteAssignment: {
    before: [
      `az rest --method put --url ${assignment}?api-version=2022-04-01 --body '{"properties":{"principalId":"${APP}","principalType":"ServicePrincipal","roleDefinitionId":"${vault.split('/').slice(0, 3).join('/')}/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"}}'`,
    ],
    fix: FIX_COMMANDS.deleteAssignment({ id: assignment }),
    after: `az rest --url "${vault}/secrets/a-secret/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01" --query "length(value[?properties.principalId=='${APP}' && contains(properties.scope, 'a-secret')])"`,
    expected: 0,
  },
  changeScopeMap: {
    fix: FIX_COMMANDS.changeScopeMap({
      registry,
      scopeMap,
      has: ['repositories/hello-world/content/read', 'repositories/hello-world/content/write'],
      wanted: [
        'repositories/hello-world/content/read',
        'repositories/b/*/content/read',
        'repositories/b/*/metadata/read',
      ],
    }),
    after: `az acr scope-map show -r myregistry -n ${scopeMap} --query 'sort(actions)'`,
    expected: [
      'repositories/b/*/content/read',
      'repositories/b/*/metadata/read',
      'repositories/hello-world/content/read',
    ],
  },
};

describe('a printed fix', () => {
  let cloud: AzCloud;
  const run = (command: string): Promise<unknown> =>
    cloud.run(
      command.replaceAll(SUBSCRIPTION, cloud.world.subscriptionId).replaceAll(APP, cloud.world.identities.app.objectId),
    );

  beforeAll(async () => {
    cloud = await AzCloud.start();
    const rights = 'content/read content/write';
    await cloud.run(`az acr scope-map create -r myregistry -n ${scopeMap} --repository hello-world ${rights}`);
    await cloud.run(`az acr token create -r myregistry -n ${token} --scope-map ${scopeMap} --no-passwords`);
  });
  afterAll(() => cloud.end());

  it.each(Object.entries(CASES))('is accepted by the real CLI unchanged, and has its effect: %s', async (_, entry) => {
    for (const command of entry.before ?? []) await run(command);
    await run(entry.fix);
    expect(await run(entry.after)).toEqual(entry.expected);
  });
});
