import { createHash } from 'node:crypto';
import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import type { Delivery, Mailbox, Message } from './messages.js';

/** The collector's position: the epoch, and the time of the newest message at that moment. */
interface Mark {
  epoch: string;
  newest: string;
}

const NONE = '-';

/**
 * The messages that a connected registry gets: everything if it has no generation or one of another epoch; otherwise
 * what was queued since and is not older than `messageTtl` (Azure docs: intro-connected-registry, "message TTL": unread
 * messages expire). An expired message is lost: its content arrives only with a later change of the same item, or with
 * a delivery of everything.
 *
 * @param at when the sync was due, so that an online connected registry loses no message when the clock jumps over its
 * syncs
 * @param completely delivers everything regardless of the generation
 */
export function collect(box: Mailbox, lastGeneration: string | undefined, at: Date, completely = false): Delivery {
  const mark = completely ? undefined : readMark(lastGeneration);
  // A mark in the future belongs to another state, for example before the control plane was reset.
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

/** Equal while the contents are equal. It contains the position of its holder. */
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

/** The time of a sync, if the clock had not jumped over it. */
export function collectionTime(dueAt: string | undefined, now: Date): Date {
  return dueAt === undefined || new Date(dueAt) > now ? now : new Date(dueAt);
}
