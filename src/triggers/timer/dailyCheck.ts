import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { inAuditScope } from '../../audit/audit.js';
import { startCheck } from '../durable/startCheck.js';

/** Starts the daily check of all clients, which logs its findings. If one is still running, it attaches to that. */
export function dailyCheck(config: Pick<Config, 'limits' | 'profileBook' | 'registries'>) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const scope = { log: (line: string) => context.log(line), actor: 'timer' };
    await inAuditScope(scope, () => startCheck(client, config, scope.actor));
  };
}
