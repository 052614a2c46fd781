import type { Recording } from './recording.js';

const REGISTRY =
  '/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.ContainerRegistry/registries/{registry}?api-version=2025-11-01';
const below = (path: string): string => REGISTRY.replace('?', `/${path}?`);
const id = (path: string): string => below(path).replace(/\?.*$/, '');

export interface Step {
  readonly path: string;
  readonly body: unknown;
}

const registry: Step = {
  path: REGISTRY,
  body: { location: 'eastus', sku: { name: 'Premium' }, properties: { dataEndpointEnabled: true } },
};

function scopeMap(name: string, actions: readonly string[]): Step {
  return { path: below(`scopeMaps/${name}`), body: { properties: { actions } } };
}

function token(name: string, map: string): Step {
  const properties = { scopeMapId: id(`scopeMaps/${map}`), status: 'enabled' };
  return { path: below(`tokens/${name}`), body: { properties } };
}

const READ = ['repositories/repo1/content/read'];
const GATEWAY = ['config/read', 'config/write', 'message/read', 'message/write'].map((one) => `gateway/{cr1}/${one}`);

/** A connected registry that syncs with a token, for the scenario that changes it to an identity. */
const connected: Step = {
  path: below('connectedRegistries/{cr1}'),
  body: {
    properties: {
      mode: 'ReadOnly',
      parent: {
        syncProperties: { tokenId: id('tokens/{cr1}'), schedule: '0 */4 * * *', syncWindow: 'PT4H', messageTtl: 'P2D' },
      },
      logging: { logLevel: 'Warning', auditLogStatus: 'Disabled' },
      notificationsList: ['hello-world:tag:push'],
    },
  },
};

const STEPS: Readonly<Record<string, readonly Step[]>> = {
  'token-patch-2025': [registry, scopeMap('{map1}', READ), token('{tok1}', '{map1}')],
  'token-delete-2025': [registry, scopeMap('{map1}', READ), token('{tok1}', '{map1}')],
  'scopemap-delete-2023': [registry, scopeMap('{map1}', READ)],
  'managed-identity-2026': [registry],
  'managed-identity-migration-2026': [
    registry,
    scopeMap('map-of-it', [...READ, 'repositories/repo1/metadata/read', ...GATEWAY]),
    token('{cr1}', 'map-of-it'),
    connected,
  ],
};

/** What must exist before a recording's first exchange, for recordings whose start is missing. */
export function setUpOf({ scenario }: Recording): readonly Step[] {
  return STEPS[scenario] ?? [];
}
