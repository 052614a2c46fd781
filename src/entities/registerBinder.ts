import * as df from 'durable-functions';
import { NO_WISHES, type BinderOperation, type BinderRequest, type BinderState } from '../domain/bindingWishes.js';
import { inAuditScope } from '../ports/audit.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { BINDER, createBinder } from './binder.js';

/**
 * Registers the binder. It returns typed outcomes only: an error thrown in an entity reaches its caller as
 * `[object Object]`, and the state changes of a failed operation are dropped.
 */
export function registerBinder(controlPlane: RegistryControlPlane, clientsPerConnectedRegistry: number): void {
  const binder = createBinder(controlPlane, clientsPerConnectedRegistry);
  // The executor awaits the handler, which the SDK's type does not say; operations of a batch run one after another.
  const handler = async (context: df.EntityContext<BinderState>): Promise<void> => {
    const operation = context.df.operationName as BinderOperation;
    const request = context.df.getInput<BinderRequest>();
    if (!request) return;
    const remembered = context.df.getState(() => NO_WISHES) ?? NO_WISHES;
    const scope = { log: (line: string) => context.log(line), ...request.by };
    const { state, outcome } = await inAuditScope(scope, () => binder(operation, request, remembered, new Date()));
    context.df.setState(state);
    context.df.return(outcome);
  };
  df.app.entity<BinderState>(BINDER, handler as (context: df.EntityContext<BinderState>) => void);
}
