import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { armRoute } from './armRoute.js';
import { topLevelNotFound } from './errors.js';
import { GROUP_PATH, vaultId } from './ids.js';

const TYPE = 'Microsoft.KeyVault/vaults';

/** The route of the vault in ARM. Its secrets have their own endpoint. */
export function vaultResourceRoute(plane: Plane): Route {
  return armRoute(plane, {
    method: 'GET',
    path: `${GROUP_PATH}/providers/${TYPE}/{vault}`,
    action: `${TYPE}/read`,
    handle: (call: Call) => {
      const name = call.params['vault'] ?? '';
      const { vaultName, tenantId } = plane.arm;
      if (!sameName(name, vaultName)) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
      return {
        status: 200,
        body: {
          id: vaultId(plane.arm),
          name: vaultName,
          type: TYPE,
          location: 'westeurope',
          tags: {},
          properties: {
            tenantId,
            vaultUri: `${plane.baseUrl}/`,
            sku: { family: 'A', name: 'standard' },
            accessPolicies: [],
            enableRbacAuthorization: true,
            enableSoftDelete: true,
            softDeleteRetentionInDays: plane.settings.recoverableDays,
            ...(plane.settings.purgeProtection ? { enablePurgeProtection: true } : {}),
            publicNetworkAccess: 'Enabled',
            provisioningState: 'Succeeded',
          },
        },
      };
    },
  });
}
