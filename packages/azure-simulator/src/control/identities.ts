import { z } from 'zod';
import type { Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { controlRoute, problem, withBody } from './controlRoute.js';

const wanted = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/) });

const federated = z.strictObject({
  identity: z.string(),
  issuer: z.url(),
  subject: z.string().min(1),
  audience: z.string().min(1),
});

/**
 * Routes for additional service principals, for example one for each device. They have no rights: role assignments are
 * created through ARM, as in Azure. Federated credentials are for any of them. These routes replace Microsoft Graph.
 */
export function principalRoutes(plane: Plane): Route[] {
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
    controlRoute('POST', 'federated-credentials', (call) =>
      withBody(call, federated, async ({ identity: name, ...credential }) => {
        const identity = plane.identities.find((one) => one.name === name);
        if (!identity) return problem(404, `There is no identity ${name}.`);
        await plane.addFederatedCredential(identity, credential);
        return { status: 201, body: credential };
      }),
    ),
  ];
}
