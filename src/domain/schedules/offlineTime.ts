import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { FIX_COMMANDS } from '../check/fixCommands.js';
import { worstSyncGapSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import { unreadableSchedule } from './unreadableSchedule.js';

/** What tells whether news for a connected registry may be lost before it comes for them. Times are ISO 8601. */
export interface MessageFacts {
  readonly name: string;
  readonly messageTtl?: string;
  readonly lastSyncTime?: string;
  readonly schedule?: string;
}

/**
 * Whether changes made in the cloud (a token, a password) may expire before the connected registry comes for them: it has
 * been away for longer than they are kept, or its schedule lets more time pass. Source: azure-rest-api-specs,
 * ConnectedRegistry, syncProperties.messageTtl.
 */
export function offlineWarnings(registry: string, facts: MessageFacts, now: Date): CheckWarning[] {
  const { name: connectedRegistry, lastSyncTime, schedule } = facts;
  const gap = worstSyncGapSeconds(schedule, now);
  const warnings: CheckWarning[] =
    gap === undefined
      ? [{ ...unreadableSchedule(registry, { name: connectedRegistry, schedule }), registry, connectedRegistry }]
      : [];
  const kept = facts.messageTtl === undefined ? undefined : durationSeconds(facts.messageTtl);
  // How long messages are kept is not known: nothing can be said of their loss.
  if (kept === undefined) return warnings;
  const away = lastSyncTime === undefined ? 0 : (now.getTime() - new Date(lastSyncTime).getTime()) / 1000;
  if (away > kept)
    warnings.push({
      code: 'message-ttl-exceeded',
      registry,
      connectedRegistry,
      message: `It has not synced since ${lastSyncTime ?? ''}, and what is meant for it is kept for ${facts.messageTtl ?? ''} only: it may never hear of changes made meanwhile.`,
      fix: `Bring it back and have it synchronise anew. For the next time: ${FIX_COMMANDS.keepMessages({ registry, connectedRegistry, seconds: away })}`,
    });
  if (gap !== undefined && gap > kept)
    warnings.push({
      code: 'message-ttl-too-short',
      registry,
      connectedRegistry,
      message: `Its schedule ${schedule ?? ''} lets ${Math.round(gap / 3600)} hours pass between syncs, and what is meant for it is kept for ${facts.messageTtl ?? ''} only.`,
      fix: `Have it sync more often, or: ${FIX_COMMANDS.keepMessages({ registry, connectedRegistry, seconds: gap })}`,
    });
  return warnings;
}
