import { sameName } from '@connected-registry/protocol/names/sameName';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { collect, collectionTime } from '@connected-registry/azure-simulator/gateway/collect';
import { syncRequest } from '@connected-registry/azure-simulator/gateway/messages';
import type { Mailbox, SyncRequest } from '@connected-registry/azure-simulator/gateway/messages';
import { basicCredentials, openingSlot } from '../access/credentials.js';
import type { EdgeClock } from '../edgeClock.js';
import { errorReply } from '../registry/errors.js';
import { jsonReply } from '../registry/exchange.js';
import type { RegistryRequest, Reply } from '../registry/exchange.js';
import { namesBelow } from './descendants.js';
import type { DescendantReports } from './descendants.js';

export interface GatewayContext {
  /** The cloud registry's name. */
  registry: string;
  clock: EdgeClock;
  children: () => readonly Mailbox[];
  reports: DescendantReports;
}

/** The sync path of child registries, as at the control plane. */
const PATH = /^\/gateway\/([^/]+)\/([^/]+)\/sync$/;
const BODY_LIMIT = 1024 * 1024;

/**
 * Answers a child registry with the messages that this one has received for it, so that every level adds the wait for
 * one sync. This registry sends the child's report with its own next sync.
 */
export async function childSync(request: RegistryRequest, context: GatewayContext): Promise<Reply> {
  const [, registry, name] = PATH.exec(request.path) ?? [];
  if (registry === undefined || name === undefined) return errorReply(404, 'UNSUPPORTED', 'there is nothing here');
  if (request.method !== 'POST') return errorReply(405, 'UNSUPPORTED', 'the operation is unsupported');
  const isHere = sameName(registry, context.registry);
  const box = isHere ? context.children().find((one) => sameName(one.name, name)) : undefined;
  const credentials = basicCredentials(request.headers.authorization);
  const token = box?.syncToken?.content;
  const now = context.clock.now();
  const isNamed = token && credentials && sameName(token.name, credentials.user);
  const slot = isNamed ? openingSlot(token.passwords, credentials.password, now) : undefined;
  if (!box?.configuration || !token || !slot) {
    return errorReply(401, 'UNAUTHORIZED', 'wrong sync token or password', null, {
      'www-authenticate': 'Basic realm="sync"',
    });
  }
  if (!token.enabled) return errorReply(403, 'DENIED', 'the sync token is disabled');
  const report = parse(await request.bytes(BODY_LIMIT));
  if (!report) return errorReply(400, 'UNSUPPORTED', 'the body is not a sync request');

  const { lastGeneration, dueAt, descendants = [], ...about } = report;
  const below = new Set(namesBelow(box));
  for (const one of descendants) if (below.has(one.name)) context.reports.add(one);
  context.reports.add({
    name: box.name,
    syncedAt: now.toISOString(),
    credentialFrom: slot.creationTime,
    ...about,
  });
  // The last known status of the child is inactive: its state is older than its deactivation.
  const completely = box.configuration.content.status === 'Inactive';
  return jsonReply(200, collect(box, lastGeneration, collectionTime(dueAt, now), completely), {
    'cache-control': 'no-store',
  });
}

function parse(body: Buffer): SyncRequest | undefined {
  return syncRequest.safeParse(parseJson(body.toString('utf8'))).data;
}
