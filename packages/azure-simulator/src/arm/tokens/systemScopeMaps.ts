import type { ScopeMap, SystemData } from '../../state/registryState.js';

/** The scope maps that every registry has (Azure docs: container-registry-token-based-repository-permissions). */
export function systemScopeMaps(creationDate: string, systemData: SystemData): ScopeMap[] {
  const read = ['repositories/*/content/read'];
  const readAll = [...read, 'repositories/*/metadata/read'];
  const write = [...read, 'repositories/*/content/write'];
  const writeAll = [...readAll, 'repositories/*/content/write', 'repositories/*/metadata/write'];
  const maps: [name: string, description: string, actions: string[]][] = [
    [
      '_repositories_admin',
      'Can perform all read, write and delete operations on the registry',
      [...writeAll, 'repositories/*/content/delete'],
    ],
    ['_repositories_pull', 'Can pull any repository of the registry', read],
    ['_repositories_pull_metadata_read', 'Can perform all read operations on the registry', readAll],
    ['_repositories_push', 'Can push to any repository of the registry', write],
    ['_repositories_push_metadata_write', 'Can perform all read and write operations on the registry', writeAll],
  ];
  return maps.map(([name, description, actions]) => ({
    name,
    type: 'SystemDefined',
    description,
    actions: actions.map((action) => action),
    creationDate,
    systemData,
  }));
}
