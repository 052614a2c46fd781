import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { inAuditScope } from '../../audit/audit.js';
import { startCheck } from '../durable/startCheck.js';

/** Starts a check of everything; what it finds it writes to the log. One that is still under way is left to it. */
export function dailyCheck(config: Pick<Config, 'limits' | 'profileBook' | 'registries'>) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const scope = { log: (line: string) => context.log(line), actor: 'timer' };
    await inAuditScope(scope, () => startCheck(client, config, scope.actor));
  };
}
