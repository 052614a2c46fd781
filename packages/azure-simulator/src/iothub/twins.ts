import { z } from 'zod';
import { orUndefined } from '../http/orUndefined.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { argumentInvalid } from './hubErrors.js';
import { checkIfMatch, hubBody, hubRoute, hubIdentityOf } from './hubRoute.js';
import { identityKey, type HubIdentity, type Twin } from './hubState.js';
import { twinBody, twinEtag } from './twinBody.js';
import { changedSection, changedTags, TwinRefused } from './twinChanges.js';

const object = z.record(z.string(), z.json());
const body = z.object({
  tags: object.nullish().transform(orUndefined),
  properties: z
    .object({ desired: object.nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});

const ITEMS_ON_A_PAGE = 100;
const query = z.object({ query: z.string() });

/** Routes of twins for the service's side: tags and desired properties; the device owns its reported ones. */
export function twinRoutes(plane: Plane): Route[] {
  const paths = ['/twins/{device}', '/twins/{device}/modules/{module}'];
  const read = { action: 'twins/read', right: 'ServiceConnect' } as const;
  const write = { action: 'twins/write', right: 'ServiceConnect' } as const;
  return [
    ...paths.flatMap((path) => [
      hubRoute(plane, { method: 'GET', path, ...read, handle: (call) => reply(plane, hubIdentityOf(plane, call)) }),
      hubRoute(plane, { method: 'PATCH', path, ...write, handle: (call) => change(plane, call, 'merge') }),
      hubRoute(plane, { method: 'PUT', path, ...write, handle: (call) => change(plane, call, 'replace') }),
    ]),
    hubRoute(plane, { method: 'POST', path: '/devices/query', ...read, handle: (call) => list(plane, call) }),
  ];
}

function change(plane: Plane, call: Call, how: 'merge' | 'replace'): ApiReply {
  const before = hubIdentityOf(plane, call);
  checkIfMatch(plane, call, twinEtag(before));
  const { tags, properties } = hubBody(plane, call, body);
  const desired = properties?.desired;
  const { twin } = before;
  let changed: Twin;
  try {
    changed = {
      ...twin,
      etag: twin.etag + 1,
      version: twin.version + 1,
      ...(tags === undefined ? {} : { tags: changedTags(twin.tags, tags, how) }),
      ...(desired === undefined
        ? {}
        : { desired: changedSection(twin.desired, desired, how, plane.clock.now(), 'desired') }),
    };
  } catch (error) {
    if (error instanceof TwinRefused) throw argumentInvalid(error.message, plane.clock.now());
    throw error;
  }
  const identity: HubIdentity = { ...before, twin: changed };
  plane.hub.state.identities.set(identity);
  plane.commit();
  // A device receives the change or, after a replacement, all desired properties (iot-hub-devguide-device-twins).
  const sent = how === 'merge' ? desired : changed.desired.values;
  if (desired !== undefined && sent) plane.hub.links.sendDesired(identityKey(identity), sent, changed.desired.version);
  return reply(plane, identity);
}

/** Supports only the query for all devices. `x-ms-continuation` continues with the next page. */
function list(plane: Plane, call: Call): ApiReply {
  const text = hubBody(plane, call, query).query.trim();
  if (!/^select\s+\*\s+from\s+devices$/i.test(text)) {
    throw argumentInvalid(`The query '${text}' is not supported here: use SELECT * FROM devices.`, plane.clock.now());
  }
  const size = Number(call.headers['x-ms-max-item-count'] ?? ITEMS_ON_A_PAGE);
  if (!Number.isInteger(size) || size < 1) throw argumentInvalid('x-ms-max-item-count is invalid.', plane.clock.now());
  const token = call.headers['x-ms-continuation'];
  const after = typeof token === 'string' ? Buffer.from(token, 'base64url').toString('utf8') : undefined;
  const page = plane.hub.state.identities.page(size, after);
  return {
    status: 200,
    headers: {
      'x-ms-item-type': 'Twin',
      ...(page.next === undefined ? {} : { 'x-ms-continuation': Buffer.from(page.next).toString('base64url') }),
    },
    body: page.items.filter(({ moduleId }) => moduleId === undefined).map((one) => twinBody(plane.hub, one)),
  };
}

function reply(plane: Plane, identity: HubIdentity): ApiReply {
  return { status: 200, headers: { etag: `"${twinEtag(identity)}"` }, body: twinBody(plane.hub, identity) };
}
