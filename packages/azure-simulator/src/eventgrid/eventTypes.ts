/**
 * Event types that a subscription includes if it names none, by the type of its source: all existing ones (Azure docs:
 * event-grid system-topics; the resource group's as recorded). A custom topic has no types of its own.
 */
const ALL: readonly (readonly [source: RegExp, types: readonly string[]])[] = [
  [/\/providers\/microsoft\.eventgrid\/topics\//i, []],
  [
    /\/providers\/microsoft\.keyvault\/vaults\//i,
    ['Certificate', 'Key', 'Secret'].flatMap((kind) =>
      ['NewVersionCreated', 'NearExpiry', 'Expired'].map((what) => `Microsoft.KeyVault.${kind}${what}`),
    ),
  ],
  [
    /\/providers\/microsoft\.storage\/storageaccounts\//i,
    ['BlobCreated', 'BlobDeleted'].map((what) => `Microsoft.Storage.${what}`),
  ],
  [
    /\/providers\/microsoft\.devices\/iothubs\//i,
    ['Created', 'Deleted', 'Connected', 'Disconnected'].map((what) => `Microsoft.Devices.Device${what}`),
  ],
  [
    /\/providers\/microsoft\.containerregistry\/registries\//i,
    ['ImagePushed', 'ImageDeleted', 'ChartPushed', 'ChartDeleted'].map((what) => `Microsoft.ContainerRegistry.${what}`),
  ],
  [
    /^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?\/?$/i,
    ['Write', 'Delete', 'Action'].flatMap((kind) =>
      ['Success', 'Failure', 'Cancel'].map((how) => `Microsoft.Resources.Resource${kind}${how}`),
    ),
  ],
];

/** @returns undefined if there is no list: events of a custom topic may have any type */
export function eventTypesOf(source: string): readonly string[] | undefined {
  const types = ALL.find(([pattern]) => pattern.test(`${source}/`) || pattern.test(source))?.[1];
  return types === undefined || types.length === 0 ? undefined : types;
}

/** The topic type in lists, from the source's path: the id of its resource provider. */
export function topicTypeOf(source: string): string {
  const type = /\/providers\/([^/]+)\/([^/]+)\/[^/]+$/.exec(source);
  if (type) return `${type[1]}.${type[2]}`;
  return /\/resourceGroups\/[^/]+$/i.test(source)
    ? 'Microsoft.Resources.ResourceGroups'
    : 'Microsoft.Resources.Subscriptions';
}
