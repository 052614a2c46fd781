import { createHash } from 'node:crypto';
import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import type { Delivery, Mailbox, Message } from './messages.js';

/** Where the collector stands: the epoch it was given, and the time of the newest message that there was then. */
interface Mark {
  epoch: string;
  newest: string;
}

const NONE = '-';

/**
 * What a connected registry is given when it comes for its messages: without a generation, or with one from another
 * epoch, everything; otherwise what was queued since, and has not waited for longer than `messageTtl` (Azure docs:
 * intro-connected-registry, "message TTL": unread messages expire). An expired message is gone: only a newer change of
 * the same thing, or a delivery of everything, brings its content.
 *
 * @param at when it would have come: an online connected registry loses nothing to a clock that jumps over its syncs
 * @param completely brings everything whatever the generation says
 */
export function collect(box: Mailbox, lastGeneration: string | undefined, at: Date, completely = false): Delivery {
  const mark = completely ? undefined : readMark(lastGeneration);
  // A mark from the future is one of another state than this, such as from before the control plane began anew.
  const complete = mark === undefined || mark.epoch !== box.epoch || mark.newest > newestOf(box);
  const ttl = durationSeconds(box.configuration?.content.messageTtl ?? '') ?? Number.POSITIVE_INFINITY;
  const expired = at.getTime() - ttl * 1000;
  const due = (message: Message<unknown> | undefined): boolean => {
    if (message === undefined) return false;
    return complete || (message.queuedAt >= mark.newest && Date.parse(message.queuedAt) > expired);
  };
  return {
    generation: generationOf(box),
    complete,
    ...(box.configuration && due(box.configuration) && { connectedRegistry: box.configuration.content }),
    tokens: box.tokens.filter(due).map(({ content }) => content),
    repositories: box.repositories,
    scopes: box.scopes,
    children: box.children.map((child) => filtered(child, due)),
  };
}

function filtered(box: Mailbox, due: (message: Message<unknown> | undefined) => boolean): Mailbox {
  return {
    ...box,
    configuration: due(box.configuration) ? box.configuration : undefined,
    syncToken: due(box.syncToken) ? box.syncToken : undefined,
    tokens: box.tokens.filter(due),
    children: box.children.map((child) => filtered(child, due)),
  };
}

/** Equal as long as nothing changes; it also carries where its holder stands. */
function generationOf(box: Mailbox): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(contentOf(box)))
    .digest('base64url')
    .slice(0, 22);
  return [box.epoch || NONE, newestOf(box) || NONE, hash].join('~');
}

function readMark(generation: string | undefined): Mark | undefined {
  const parts = generation?.split('~') ?? [];
  const [epoch, newest] = parts.map((part) => (part === NONE ? '' : part));
  return parts.length === 3 && epoch !== undefined && newest !== undefined ? { epoch, newest } : undefined;
}

function messagesOf(box: Mailbox): Message<unknown>[] {
  return [box.configuration, box.syncToken, ...box.tokens, ...box.children.flatMap(messagesOf)].filter(
    (message) => message !== undefined,
  );
}

function newestOf(box: Mailbox): string {
  return messagesOf(box).reduce((newest, { queuedAt }) => (queuedAt > newest ? queuedAt : newest), '');
}

function contentOf({ repositories, scopes, children, ...box }: Mailbox): unknown {
  const messages = messagesOf({ ...box, repositories, scopes, children: [] }).map(({ content }) => content);
  return [messages, repositories, scopes, children.map((child) => [child.name, contentOf(child)])];
}

/** When a sync would have come, had the clock not jumped over its time. */
export function collectionTime(dueAt: string | undefined, now: Date): Date {
  return dueAt === undefined || new Date(dueAt) > now ? now : new Date(dueAt);
}
