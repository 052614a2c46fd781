import { z } from 'zod';
import type { Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { controlRoute, problem, withBody } from './controlRoute.js';

const wanted = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/) });

/**
 * Routes for additional service principals, for example one for each device. They have no rights: role assignments are
 * created through ARM, as in Azure. These routes replace Microsoft Graph.
 */
export function identityRoutes(plane: Plane): Route[] {
  return [
    controlRoute('GET', 'identities', () => ({
      status: 200,
      body: plane.identities.map(({ name, clientId, objectId }) => ({ name, clientId, objectId })),
    })),
    controlRoute('POST', 'identities', (call) =>
      withBody(call, wanted, async ({ name }) => {
        if (plane.identities.some((one) => one.name === name))
          return problem(409, `The identity ${name} already exists.`);
        return { status: 201, headers: { 'cache-control': 'no-store' }, body: await plane.addIdentity(name) };
      }),
    ),
  ];
}
