import { sameName } from '@connected-registry/protocol/names/sameName';
import { isAllowed } from '../access/authorize.js';
import type { ApiReply } from '../http/message.js';
import { HUB_HOST } from '../iothub/hub.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { armRoute } from './armRoute.js';
import { topLevelNotFound } from './errors.js';
import { GROUP_PATH, hubId, SUBSCRIPTION_PATH } from './ids.js';

const TYPE = 'Microsoft.Devices/IotHubs';
const ALL = `${GROUP_PATH}/providers/${TYPE}`;

/** Routes of the IoT Hub in ARM, and the keys of its shared access policies. Devices are at the hub's own address. */
export function hubResourceRoutes(plane: Plane): Route[] {
  return [
    ...[SUBSCRIPTION_PATH, GROUP_PATH].map((scope) =>
      armRoute(plane, {
        method: 'GET',
        path: `${scope}/providers/${TYPE}`,
        action: `${TYPE}/Read`,
        open: true,
        handle: (call) => ({ status: 200, body: { value: maySee(plane, call) ? [hubBody(plane)] : [] } }),
      }),
    ),
    armRoute(plane, {
      method: 'GET',
      path: `${ALL}/{hub}`,
      action: `${TYPE}/Read`,
      handle: (call) => ofHub(plane, call, () => hubBody(plane)),
    }),
    armRoute(plane, {
      method: 'POST',
      path: `${ALL}/{hub}/listkeys`,
      action: `${TYPE}/listkeys/Action`,
      handle: (call) =>
        ofHub(plane, call, () => ({
          value: plane.hub.state.policies.map(({ name, rights, primaryKey, secondaryKey }) => ({
            keyName: name,
            primaryKey,
            secondaryKey,
            rights: rights.join(', '),
          })),
        })),
    }),
  ];
}

/** A list is filtered instead of refused. */
function maySee(plane: Plane, call: Call): boolean {
  return isAllowed(plane.arm.roleAssignments, {
    principalId: call.principal.objectId,
    action: `${TYPE}/Read`,
    scope: hubId(plane.arm, plane.hub.state.name),
    plane: 'control',
  });
}

function ofHub(plane: Plane, call: Call, body: () => unknown): ApiReply {
  const name = call.params['hub'] ?? '';
  if (!sameName(name, plane.hub.state.name)) throw topLevelNotFound(TYPE, name, call.params['group'] ?? '');
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: body() };
}

function hubBody(plane: Plane): unknown {
  const { name } = plane.hub.state;
  return {
    id: hubId(plane.arm, name),
    name,
    type: TYPE,
    location: 'westeurope',
    tags: {},
    etag: 'AAAAAAAAAAE=',
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
    properties: {
      state: 'Active',
      provisioningState: 'Succeeded',
      hostName: HUB_HOST,
      eventHubEndpoints: {},
      messagingEndpoints: {},
      disableLocalAuth: false,
      features: 'None',
      locations: [{ location: 'West Europe', role: 'primary' }],
    },
  };
}
