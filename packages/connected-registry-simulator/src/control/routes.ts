import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { StatusDetail } from '@connected-registry/azure-simulator/gateway/messages';
import { jsonReply, reply } from '../registry/exchange.js';
import type { RegistryRequest, Reply } from '../registry/exchange.js';
import type { Uplink } from '../sync/uplink.js';

export interface ControlContext {
  uplink: Uplink;
  nextSync: () => Date | undefined;
  failing: () => string | undefined;
}

export const CONTROL_PATH = '/_control/';

const BODY_LIMIT = 64 * 1024;
const offlineBody = z.strictObject({ offline: z.boolean() });
const statusBody = z.strictObject({
  statusDetails: z
    .array(z.strictObject({ type: z.string(), code: z.string(), description: z.string().default('') }))
    .max(20),
});

/**
 * The test controls, which no real connected registry has. `GET state` returns the state; `POST offline` cuts and
 * restores the connection to the upstream; `POST resync` makes the next sync deliver everything; `PUT status` sets the
 * status details that are reported to ARM.
 */
export async function control(request: RegistryRequest, { uplink, nextSync, failing }: ControlContext): Promise<Reply> {
  switch (`${request.method} ${request.path.slice(CONTROL_PATH.length)}`) {
    case 'GET state':
      return jsonReply(200, {
        offline: uplink.offline,
        generation: uplink.state()?.generation ?? null,
        connectedRegistry: uplink.state()?.connectedRegistry ?? null,
        tokens: uplink.state()?.tokens.map(({ name, enabled, actions }) => ({ name, enabled, actions })) ?? [],
        repositories: uplink.state()?.repositories ?? [],
        children: uplink.state()?.children.map(({ name }) => name) ?? [],
        lastSync: uplink.lastSync() ?? null,
        nextSync: nextSync() ?? null,
        failing: failing() ?? null,
        statusDetails: uplink.statusDetails,
      });
    case 'POST offline':
      return withBody(request, offlineBody, ({ offline }) => {
        uplink.offline = offline;
      });
    case 'POST resync':
      uplink.forget();
      return reply(204);
    case 'PUT status':
      return withBody(request, statusBody, ({ statusDetails }) => {
        uplink.statusDetails = statusDetails.map((detail): StatusDetail => ({ ...detail, correlationId: '' }));
      });
    default:
      return problem(404, 'this control does not exist');
  }
}

async function withBody<T>(request: RegistryRequest, schema: z.ZodType<T>, use: (value: T) => void): Promise<Reply> {
  const value = parseJson((await request.bytes(BODY_LIMIT)).toString('utf8'));
  if (value === undefined) return problem(400, 'the body is not JSON');
  const parsed = schema.safeParse(value);
  if (!parsed.success) return problem(400, z.prettifyError(parsed.error));
  use(parsed.data);
  return reply(204);
}

function problem(status: number, detail: string): Reply {
  return jsonReply(status, { status, title: 'Bad control', detail }, { 'content-type': 'application/problem+json' });
}
