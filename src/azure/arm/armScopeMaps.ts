import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';
import { orUndefined } from '../../serviceErrors/serviceError.js';
import { eachAs, POLL, type ArmCalls } from './armCalls.js';
import { toScopeMap } from './armFacts.js';
import { ending } from './writeEnd.js';

type ScopeMapCalls = Pick<
  RegistryControlPlane,
  'getScopeMap' | 'listScopeMaps' | 'createScopeMap' | 'setScopeMapActions' | 'deleteScopeMap'
>;

/** Creates the calls for scope maps, which define the rights of their tokens. */
export function createArmScopeMaps({ call, write, removal }: ArmCalls): ScopeMapCalls {
  return {
    getScopeMap: async (registry, name) =>
      orUndefined(
        call('get scope map', registry, name, async (at) =>
          toScopeMap(await at.client.scopeMaps.get(at.group, at.name, name)),
        ),
      ),

    listScopeMaps: (registry) =>
      call('list scope maps of', registry, registry, async (at) =>
        eachAs(at.client.scopeMaps.list(at.group, at.name), toScopeMap),
      ),

    createScopeMap: async (registry, name, content) => {
      await write(
        'create scope map',
        registry,
        name,
        (at) =>
          ending(
            at.client.scopeMaps.create(
              at.group,
              at.name,
              name,
              { actions: [...content.actions], description: content.description },
              POLL,
            ),
          ),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
    },

    setScopeMapActions: async (registry, name, actions) => {
      await write(
        'update scope map',
        registry,
        name,
        (at) => ending(at.client.scopeMaps.update(at.group, at.name, name, { actions: [...actions] }, POLL)),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
    },

    deleteScopeMap: async (registry, name) => {
      await removal(
        'delete scope map',
        registry,
        name,
        (at) => at.client.scopeMaps.delete(at.group, at.name, name, POLL),
        (at) => at.client.scopeMaps.get(at.group, at.name, name),
      );
    },
  };
}
