import { isAllowed } from '../access/authorize.js';
import { armRoute } from '../arm/armRoute.js';
import { GROUP_PATH, SUBSCRIPTION_PATH } from '../arm/ids.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { topicTypeOf } from './eventTypes.js';
import { filtered } from './listFilter.js';
import { subscriptionBody } from './subscriptionBody.js';

/**
 * Seconds until a new event subscription is in the lists by topic type. A guess: in the recordings, those lists had
 * nothing of the subscription that had been made some seconds before.
 */
const LAG = 60;

/** Event subscriptions of all sources of a type, in a group or in all, of a location or of none. */
export function listsByType(plane: Plane): Route[] {
  const provider = 'providers/Microsoft.EventGrid';
  return [SUBSCRIPTION_PATH, GROUP_PATH].flatMap((scope) =>
    [`${scope}/${provider}`, `${scope}/${provider}/locations/{location}`].map((root) =>
      armRoute(plane, {
        method: 'GET',
        path: `${root}/topicTypes/{topicType}/eventSubscriptions`,
        action: 'Microsoft.EventGrid/eventSubscriptions/read',
        open: true,
        handle: (call) => ({ status: 200, body: { value: listed(plane, call) } }),
      }),
    ),
  );
}

function listed(plane: Plane, call: Call): unknown[] {
  const { topicType = '', group } = call.params;
  const now = plane.clock.now().getTime();
  const below = group === undefined ? '' : `/resourcegroups/${group.toLowerCase()}`;
  const own = plane.broker
    .allSubscriptions()
    .filter(
      ({ source, created }) =>
        topicTypeOf(source).toLowerCase() === topicType.toLowerCase() &&
        `${source.toLowerCase()}/`.includes(`${below}/`) &&
        now - new Date(created).getTime() >= LAG * 1000 &&
        maySee(plane, call, source),
    );
  return filtered(call, own).map((one) => subscriptionBody(plane, call, one));
}

/** A list is filtered, not refused. */
function maySee(plane: Plane, { principal }: Call, scope: string): boolean {
  const action = 'Microsoft.EventGrid/eventSubscriptions/read';
  const question = { principalId: principal.objectId, action, scope, plane: 'control' } as const;
  return isAllowed(plane.arm.roleAssignments, question);
}
