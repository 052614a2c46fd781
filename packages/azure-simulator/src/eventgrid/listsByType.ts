import { sameName } from '@connected-registry/protocol/names/sameName';
import { isAllowed } from '../access/authorize.js';
import { armRoute } from '../arm/armRoute.js';
import { GROUP_PATH, SUBSCRIPTION_PATH } from '../arm/ids.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { topicTypeOf } from './eventTypes.js';
import { filtered } from './listFilter.js';
import { subscriptionBody } from './subscriptionBody.js';

/**
 * Seconds until a new event subscription is in the lists by topic type. An assumption: in the recordings, a
 * subscription that was a few seconds old was not in those lists.
 */
const LAG = 60;

/** Lists of event subscriptions of all sources or of one type, in one group or in all, with or without a location. */
export function listsByType(plane: Plane): Route[] {
  const provider = 'providers/Microsoft.EventGrid';
  return [SUBSCRIPTION_PATH, GROUP_PATH].flatMap((scope) => {
    const located = `${scope}/${provider}/locations/{location}`;
    const types = [`${scope}/${provider}`, located].map((root) => `${root}/topicTypes/{topicType}`);
    return [...types, located].map((root) =>
      armRoute(plane, {
        method: 'GET',
        path: `${root}/eventSubscriptions`,
        action: 'Microsoft.EventGrid/eventSubscriptions/read',
        open: true,
        handle: (call) => ({ status: 200, body: { value: listed(plane, call) } }),
      }),
    );
  });
}

function listed(plane: Plane, call: Call): unknown[] {
  const { topicType, group } = call.params;
  const now = plane.clock.now().getTime();
  const below = group === undefined ? '' : `/resourcegroups/${group.toLowerCase()}`;
  const own = plane.broker
    .allSubscriptions()
    .filter(
      ({ source, created }) =>
        isOfType(source, topicType) &&
        `${source.toLowerCase()}/`.includes(`${below}/`) &&
        (topicType === undefined || now - new Date(created).getTime() >= LAG * 1000) &&
        maySee(plane, call, source),
    );
  return filtered(call, own).map((one) => subscriptionBody(plane, call, one));
}

/** Without a type: those with a location, so not those of a resource group or a subscription. */
function isOfType(source: string, topicType: string | undefined): boolean {
  const type = topicTypeOf(source).toLowerCase();
  return topicType === undefined ? !type.startsWith('microsoft.resources.') : sameName(type, topicType);
}

/** A list is filtered instead of refused. */
function maySee(plane: Plane, { principal }: Call, scope: string): boolean {
  const action = 'Microsoft.EventGrid/eventSubscriptions/read';
  const question = { principalId: principal.objectId, action, scope, plane: 'control' } as const;
  return isAllowed(plane.arm.roleAssignments, question);
}
