import { FIX_COMMANDS } from '../check/fixCommands.js';
import type { SyncStop } from '@connected-registry/protocol/registry/syncSchedule';

/** Code, message and fix for a connected registry whose sync times cannot be computed. */
export function unreadableSchedule(
  registry: string,
  {
    name,
    schedule,
    syncWindow,
  }: Pick<SyncStop, 'name'> & { readonly [Key in 'schedule' | 'syncWindow']?: string | undefined },
): { readonly code: 'sync-schedule-unreadable'; readonly message: string; readonly fix: string } {
  const window = syncWindow === undefined ? '' : ` or its sync window "${syncWindow}"`;
  return {
    code: 'sync-schedule-unreadable',
    message: `The sync schedule "${schedule ?? ''}" of ${name}${window} cannot be read or names no future time, so its next sync is unknown: runs wait until Azure reports a sync.`,
    fix: `Set a schedule with five fields, for example: ${FIX_COMMANDS.setSyncSchedule({ registry, connectedRegistry: name })}`,
  };
}
