import type { ClientToken, Delivery, Mailbox, Message } from '@connected-registry/azure-simulator/gateway/messages';
import type { Snapshot } from './snapshot.js';

/**
 * Merges a delivery into the state. A complete delivery replaces everything. Otherwise each item in it replaces the
 * previous one, and a configuration also lists the remaining client tokens. Returns undefined if there is no state to
 * merge into.
 */
export function merge(known: Snapshot | undefined, sent: Delivery, now: Date): Snapshot | undefined {
  const connectedRegistry = sent.connectedRegistry ?? known?.connectedRegistry;
  if (!connectedRegistry || (!sent.complete && !known)) return undefined;
  return {
    generation: sent.generation,
    connectedRegistry,
    tokens: sent.complete
      ? sent.tokens
      : mergedTokens(known?.tokens ?? [], sent.tokens, sent.connectedRegistry?.clientTokens),
    repositories: sent.repositories,
    scopes: sent.scopes,
    children: mergedChildren(known?.children ?? [], sent.children, now),
  };
}

/** @param bound names of the existing tokens, if the delivery has them */
function mergedTokens(
  known: readonly ClientToken[],
  sent: readonly ClientToken[],
  bound: readonly string[] | undefined,
): ClientToken[] {
  const byName = new Map([...known, ...sent].map((token) => [token.name, token]));
  return [...byName.values()].filter(({ name }) => bound === undefined || bound.includes(name));
}

/**
 * The messages that wait here for child registries. The time to live of a message that is new here starts now, so that
 * a connected registry two levels down still gets it.
 */
function mergedChildren(known: readonly Mailbox[], sent: readonly Mailbox[], now: Date): Mailbox[] {
  return sent.map((box) => {
    const before = known.find(({ name }) => name === box.name);
    const bound = box.configuration?.content.clientTokens;
    const tokens = new Map(before?.tokens.map((message) => [message.content.name, message]));
    for (const message of box.tokens) {
      const { name } = message.content;
      const queued = queuedMessage(tokens.get(name), message, now);
      if (queued) tokens.set(name, queued);
    }
    return {
      ...box,
      configuration: queuedMessage(before?.configuration, box.configuration, now),
      syncToken: queuedMessage(before?.syncToken, box.syncToken, now),
      tokens: [...tokens.values()].filter(({ content }) => bound === undefined || bound.includes(content.name)),
      children: mergedChildren(before?.children ?? [], box.children, now),
    };
  });
}

function queuedMessage<T>(
  before: Message<T> | undefined,
  sent: Message<T> | undefined,
  now: Date,
): Message<T> | undefined {
  if (!sent) return before;
  const isKnown =
    before?.changedAt === sent.changedAt && JSON.stringify(before.content) === JSON.stringify(sent.content);
  return isKnown ? before : { ...sent, queuedAt: now.toISOString() };
}
