import type { RegistryControlPlane } from '../../ports/registryControlPlane.js';
import { orUndefined } from '../../serviceErrors/serviceError.js';
import { eachAs, POLL, type ArmCalls } from './armCalls.js';
import { toConnectedRegistry } from './armFacts.js';
import { ending } from './writeEnd.js';

type RegistryCalls = Pick<
  RegistryControlPlane,
  'getRegistry' | 'listConnectedRegistries' | 'getConnectedRegistry' | 'setClientTokens'
>;

/** Creates the calls for registries and connected registries with their client tokens. */
export function createArmRegistries({ call, write }: ArmCalls): RegistryCalls {
  return {
    getRegistry: async (registry) =>
      orUndefined(
        call('get registry', registry, registry, async (at) => {
          const found = await at.client.registries.get(at.group, at.name);
          return {
            name: found.name ?? at.name,
            tier: found.sku.tier ?? found.sku.name,
            dataEndpointEnabled: found.dataEndpointEnabled,
            ...(found.loginServer ? { loginServer: found.loginServer } : {}),
          };
        }),
      ),

    listConnectedRegistries: (registry) =>
      call(
        'list connected registries of',
        registry,
        registry,
        async (at) => eachAs(at.connected.connectedRegistries.list(at.group, at.name), toConnectedRegistry),
        'connectedRegistry',
      ),

    getConnectedRegistry: async (registry, name) =>
      orUndefined(
        call(
          'get connected registry',
          registry,
          name,
          async (at) => toConnectedRegistry(await at.connected.connectedRegistries.get(at.group, at.name, name)),
          'connectedRegistry',
        ),
      ),

    setClientTokens: async (registry, name, tokens) => {
      await write(
        'update client tokens of connected registry',
        registry,
        name,
        (at) =>
          ending(
            at.connected.connectedRegistries.update(
              at.group,
              at.name,
              name,
              { clientTokenIds: tokens.map((token) => at.idOf('tokens', token)) },
              POLL,
            ),
          ),
        (at) => at.connected.connectedRegistries.get(at.group, at.name, name),
        'connectedRegistry',
      );
    },
  };
}
