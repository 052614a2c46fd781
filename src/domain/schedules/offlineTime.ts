import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { FIX_COMMANDS } from '../check/fixCommands.js';
import { worstSyncGapSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import { unreadableSchedule } from './unreadableSchedule.js';

/** Facts that show whether changes may expire before a connected registry syncs. Times are ISO 8601. */
interface MessageFacts {
  readonly name: string;
  readonly messageTtl?: string;
  readonly lastSyncTime?: string;
  readonly schedule?: string;
}

/**
 * Warns if changes in the cloud (a token, a password) may expire before the connected registry syncs: it has not synced
 * for longer than its message TTL, or its schedule leaves longer gaps. Source: azure-rest-api-specs, ConnectedRegistry,
 * syncProperties.messageTtl.
 */
export function offlineWarnings(registry: string, facts: MessageFacts, now: Date): CheckWarning[] {
  const { name: connectedRegistry, lastSyncTime, schedule } = facts;
  const gap = worstSyncGapSeconds(schedule, now);
  const warnings: CheckWarning[] =
    gap === undefined
      ? [{ ...unreadableSchedule(registry, { name: connectedRegistry, schedule }), registry, connectedRegistry }]
      : [];
  const kept = facts.messageTtl === undefined ? undefined : durationSeconds(facts.messageTtl);
  // Without the message TTL, nothing is known about expired messages.
  if (kept === undefined) return warnings;
  const away = lastSyncTime === undefined ? 0 : (now.getTime() - new Date(lastSyncTime).getTime()) / 1000;
  if (away > kept)
    warnings.push({
      code: 'message-ttl-exceeded',
      registry,
      connectedRegistry,
      message: `It has not synced since ${lastSyncTime ?? ''}, and messages for it are kept only for ${facts.messageTtl ?? ''}: it may never receive the changes made since.`,
      fix: `Bring it online and resynchronise it. To prevent this: ${FIX_COMMANDS.keepMessages({ registry, connectedRegistry, seconds: away })}`,
    });
  if (gap !== undefined && gap > kept)
    warnings.push({
      code: 'message-ttl-too-short',
      registry,
      connectedRegistry,
      message: `Its schedule ${schedule ?? ''} leaves ${Math.round(gap / 3600)} hours between syncs, but messages for it are kept only for ${facts.messageTtl ?? ''}.`,
      fix: `Let it sync more often, or: ${FIX_COMMANDS.keepMessages({ registry, connectedRegistry, seconds: gap })}`,
    });
  return warnings;
}
