import { FIX_COMMANDS } from '../check/fixCommands.js';
import type { SyncStop } from '@connected-registry/protocol/registry/syncSchedule';

/** What is said, and advised, of a connected registry whose sync times nobody can tell. The code is stable. */
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
    message: `The sync schedule "${schedule ?? ''}" of ${name}${window} cannot be read, or names no time that comes: when it syncs is unknown, and whoever waits for it follows what Azure reports of its syncs.`,
    fix: `Give it a schedule in five fields, such as: ${FIX_COMMANDS.setSyncSchedule({ registry, connectedRegistry: name })}`,
  };
}
