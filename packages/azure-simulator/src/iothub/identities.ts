import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { orUndefined } from '../http/orUndefined.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { argumentInvalid, deviceNotFound, hubError, preconditionFailed } from './hubErrors.js';
import { publishLifecycleEvent } from './hubEvents.js';
import { checkIfMatch, hubBody, hubRoute, hubIdentityOf } from './hubRoute.js';
import { identityKey, makeHubKey, type HubIdentity } from './hubState.js';
import { hubIdentityBody } from './identityBody.js';
import { newTwin } from './twinChanges.js';

/** Azure docs: iot-hub-devguide-identity-registry, "Device identity properties". */
const ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
const MAX_LISTED = 1000;

const key = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'must be base64');
const optionalKey = key.nullish().transform(orUndefined);
const thumbprint = z
  .string()
  .regex(/^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, 'must be 40 or 64 hexadecimal digits')
  .nullish()
  .transform(orUndefined);
const body = z.object({
  deviceId: z.string(),
  moduleId: z.string().nullish().transform(orUndefined),
  etag: z.string().nullish().transform(orUndefined),
  status: z.enum(['enabled', 'disabled']).nullish().transform(orUndefined),
  statusReason: z.string().max(128).nullish().transform(orUndefined),
  authentication: z
    .object({
      type: z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']).nullish().transform(orUndefined),
      symmetricKey: z.object({ primaryKey: optionalKey, secondaryKey: optionalKey }).nullish().transform(orUndefined),
      x509Thumbprint: z
        .object({ primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint })
        .nullish()
        .transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
  capabilities: z
    .object({ iotEdge: z.boolean().nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});
type Body = z.output<typeof body>;

/** Routes of the identity registry: devices and their modules. */
export function hubIdentityRoutes(plane: Plane): Route[] {
  const device = '/devices/{device}';
  const module = `${device}/modules/{module}`;
  const read = { action: 'devices/read', right: 'RegistryRead' } as const;
  const write = { action: 'devices/write', right: 'RegistryWrite' } as const;
  const erase = { action: 'devices/delete', right: 'RegistryWrite' } as const;
  return [
    hubRoute(plane, { method: 'GET', path: '/devices', ...read, handle: list }),
    hubRoute(plane, {
      method: 'GET',
      path: `${device}/modules`,
      ...read,
      handle: (call) => ({
        status: 200,
        body: plane.hub.modulesOf(hubIdentityOf(plane, call).deviceId).map((one) => hubIdentityBody(plane.hub, one)),
      }),
    }),
    ...[device, module].flatMap((path) => [
      hubRoute(plane, { method: 'GET', path, ...read, handle: (call) => reply(hubIdentityOf(plane, call)) }),
      hubRoute(plane, { method: 'PUT', path, ...write, handle: put }),
      hubRoute(plane, { method: 'DELETE', path, ...erase, handle: remove }),
    ]),
  ];

  function list(call: Call): ApiReply {
    const top = Number(call.query.get('top') ?? MAX_LISTED);
    if (!Number.isInteger(top) || top < 1 || top > MAX_LISTED) {
      throw argumentInvalid(`top must be from 1 to ${MAX_LISTED}.`, plane.clock.now());
    }
    const devices = [...plane.hub.state.identities.values()].filter(({ moduleId }) => moduleId === undefined);
    return { status: 200, body: devices.slice(0, top).map((one) => hubIdentityBody(plane.hub, one)) };
  }

  function put(call: Call): ApiReply {
    const now = plane.clock.now();
    const { device: deviceId = '', module: moduleId } = call.params;
    const wanted = hubBody(plane, call, body);
    for (const id of [deviceId, ...(moduleId === undefined ? [] : [moduleId])]) {
      if (!ID.test(id)) throw argumentInvalid(`The id '${id}' is invalid.`, now);
    }
    if (wanted.deviceId !== deviceId || (wanted.moduleId ?? undefined) !== moduleId) {
      throw argumentInvalid('The id in the body is not that of the address.', now);
    }
    if (moduleId !== undefined && !plane.hub.find(deviceId)) throw deviceNotFound(deviceId, now);
    const before = plane.hub.find(deviceId, moduleId);
    if (!before) {
      if (call.headers['if-match'] !== undefined) throw deviceNotFound(deviceId, now);
      return create(deviceId, moduleId, wanted);
    }
    if (!checkIfMatch(plane, call, before.etag)) {
      throw moduleId === undefined
        ? hubError(409, 'DeviceAlreadyExists', `A device with ID '${deviceId}' is already registered.`, now)
        : hubError(409, 'ModuleAlreadyExistsOnDevice', `A module with ID '${moduleId}' is already registered.`, now);
    }
    return change(before, wanted);
  }

  function create(deviceId: string, moduleId: string | undefined, wanted: Body): ApiReply {
    const now = plane.clock.now();
    const identity: HubIdentity = {
      deviceId,
      ...(moduleId === undefined ? {} : { moduleId }),
      // A number as text, which must differ from that of a deleted device with the same id.
      generationId: String(BigInt(now.getTime()) * 10_000n + BigInt(randomBytes(2).readUInt16BE() % 10_000)),
      etag: newEtag(),
      status: wanted.status ?? 'enabled',
      ...(wanted.statusReason === undefined ? {} : { statusReason: wanted.statusReason }),
      authentication: authenticationOf(wanted, undefined),
      iotEdge: wanted.capabilities?.iotEdge ?? false,
      twin: newTwin(now),
    };
    plane.hub.state.identities.set(identity);
    plane.commit();
    publishLifecycleEvent(plane, identity, 'Created');
    return reply(identity);
  }

  function change(before: HubIdentity, wanted: Body): ApiReply {
    const status = wanted.status ?? 'enabled';
    const { statusReason: _reason, ...kept } = before;
    const identity: HubIdentity = {
      ...kept,
      etag: newEtag(),
      status,
      ...(wanted.statusReason === undefined ? {} : { statusReason: wanted.statusReason }),
      ...(status === before.status ? {} : { statusUpdatedTime: plane.clock.now().toISOString() }),
      authentication: authenticationOf(wanted, before),
      iotEdge: wanted.capabilities?.iotEdge ?? before.iotEdge,
    };
    plane.hub.state.identities.set(identity);
    // A disabled device is disconnected (Azure docs: iot-hub-devguide-identity-registry, "Disable devices").
    if (status === 'disabled') {
      for (const one of [identity, ...plane.hub.modulesOf(identity.deviceId)]) plane.hub.links.drop(identityKey(one));
    }
    return reply(identity);
  }

  function remove(call: Call): ApiReply {
    const identity = hubIdentityOf(plane, call);
    if (!checkIfMatch(plane, call, identity.etag)) throw preconditionFailed(plane.clock.now());
    const modules = identity.moduleId === undefined ? plane.hub.modulesOf(identity.deviceId) : [];
    for (const one of [...modules, identity]) {
      plane.hub.state.identities.delete(identityKey(one));
      plane.hub.links.drop(identityKey(one));
      plane.commit();
      publishLifecycleEvent(plane, one, 'Deleted');
    }
    return { status: 204 };
  }

  function reply(identity: HubIdentity): ApiReply {
    return { status: 200, headers: { etag: `"${identity.etag}"` }, body: hubIdentityBody(plane.hub, identity) };
  }
}

/** Missing keys are generated for a new identity; an existing one keeps its keys. */
function authenticationOf(wanted: Body, before: HubIdentity | undefined): HubIdentity['authentication'] {
  const { symmetricKey, x509Thumbprint } = wanted.authentication ?? {};
  const hasThumbprint = (x509Thumbprint?.primaryThumbprint ?? x509Thumbprint?.secondaryThumbprint) !== undefined;
  const type = wanted.authentication?.type ?? (hasThumbprint ? 'selfSigned' : (before?.authentication.type ?? 'sas'));
  const old = before?.authentication.symmetricKey;
  const isSas = type === 'sas';
  return {
    type,
    symmetricKey: {
      primaryKey: isSas ? (symmetricKey?.primaryKey ?? old?.primaryKey ?? makeHubKey()) : null,
      secondaryKey: isSas ? (symmetricKey?.secondaryKey ?? old?.secondaryKey ?? makeHubKey()) : null,
    },
    x509Thumbprint: {
      primaryThumbprint: x509Thumbprint?.primaryThumbprint ?? null,
      secondaryThumbprint: x509Thumbprint?.secondaryThumbprint ?? null,
    },
  };
}

function newEtag(): string {
  return Buffer.from(String(randomBytes(4).readUInt32BE())).toString('base64');
}
