import { coreToolsHost } from './coreTools.js';
import { hostFromModule } from './hostModule.js';
import type { FunctionsHost, HostOrder } from './order.js';

/**
 * Starts the host that the environment names: FUNCTIONS_HOST, a module that exports `startHost`, else Core Tools.
 * scripts/testFunc.mjs has made sure that there is one.
 */
export function startFunctionsHost(order: HostOrder): Promise<FunctionsHost> {
  const module = process.env['FUNCTIONS_HOST'];
  return module ? hostFromModule(module, order) : coreToolsHost(order);
}
