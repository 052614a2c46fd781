import { join } from 'node:path';
import type { ControlPlane, ControlPlaneOptions } from '@connected-registry/azure-simulator/controlPlane';
import { startControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import type { Clock } from '@connected-registry/clock/clock';
import { httpsJson } from '../stack/httpsJson.js';
import { Operator } from '../stack/operator/operator.js';
import { registryId } from '../stack/world.js';
import { REGISTRIES, type PlannedRegistry } from './fleet.js';

/** The Azure simulator with the year's connected registries. */
export interface Cloud extends ControlPlane {
  readonly operator: Operator;
}

const CONTAINER_REGISTRY = '2025-11-01';
const GATEWAY = ['config/read', 'config/write', 'message/read', 'message/write'];
const REPOSITORY = ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'];

export interface CloudOptions extends Pick<ControlPlaneOptions, 'tls' | 'around' | 'log'> {
  folder: string;
  clock: Clock;
  /** The CA certificate, in PEM. */
  ca: string;
}

/** Starts the control plane and creates the connected registries over ARM, as their operator does. */
export async function startCloud({ folder, clock, ca, ...options }: CloudOptions): Promise<Cloud> {
  const plane = await startControlPlane({
    ...options,
    clock,
    port: 0,
    directory: join(folder, 'azure'),
    // A bucket does not refill while time stands still, and an operation without duration needs no poll.
    settings: { throttling: 0, operationMilliseconds: 0 },
  });
  const operator = new Operator(plane.url, plane.world, httpsJson(ca));
  const [, ...others] = REGISTRIES;
  for (const one of others) await connect(plane, operator, one);
  return { ...plane, operator };
}

/** Like `az acr connected-registry create [--parent]`: its rights are also granted to its parent. */
async function connect({ world }: ControlPlane, operator: Operator, planned: PlannedRegistry): Promise<void> {
  const registry = registryId(world);
  const { name, parent, messageTtl, schedule, syncWindow } = planned;
  const gateway = (...names: string[]): string[] =>
    names.flatMap((one) => GATEWAY.map((action) => `gateway/${one}/${action}`));
  const put = (path: string, properties: unknown): Promise<unknown> =>
    operator.arm('PUT', `${registry}/${path}`, CONTAINER_REGISTRY, { properties });
  await put(`scopeMaps/${name}`, { actions: [...REPOSITORY, ...gateway(name)] });
  await put(`tokens/${name}`, { scopeMapId: `${registry}/scopeMaps/${name}`, status: 'enabled' });
  await put(`connectedRegistries/${name}`, {
    mode: 'ReadOnly',
    parent: {
      ...(parent === undefined ? {} : { id: `${registry}/connectedRegistries/${parent}` }),
      syncProperties: { tokenId: `${registry}/tokens/${name}`, messageTtl, schedule, syncWindow },
    },
  });
  if (parent !== undefined) await put(`scopeMaps/${parent}`, { actions: [...REPOSITORY, ...gateway(parent, name)] });
}
