/**
 * Types of events that a subscription of a source includes when it names none, by the source's type: all that there are
 * (Azure docs: event-grid system-topics; the resource group's as recorded). A custom topic has none of its own.
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

/** @returns undefined where there is nothing to narrow down: a custom topic's events have whatever types they have. */
export function eventTypesOf(source: string): readonly string[] | undefined {
  const types = ALL.find(([pattern]) => pattern.test(`${source}/`) || pattern.test(source))?.[1];
  return types === undefined || types.length === 0 ? undefined : types;
}

/** What lists by type call it, and the resource provider's id of it, by the source's own path. */
export function topicTypeOf(source: string): string {
  const type = /\/providers\/([^/]+)\/([^/]+)\/[^/]+$/.exec(source);
  if (type) return `${type[1]}.${type[2]}`;
  return /\/resourceGroups\/[^/]+$/i.test(source)
    ? 'Microsoft.Resources.ResourceGroups'
    : 'Microsoft.Resources.Subscriptions';
}
