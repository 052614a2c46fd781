/** What the host logs around an invocation, in the words of the real host. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { HostLog } from '../log/log.js';
import type { AppFunction, LoadedApp } from './app.js';
import { invocationError, userStack } from './errors.js';
import type { RpcInvocation } from './rpc.js';

const hostFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * The message of an orchestrator's failure contains the whole state of its turn. It is for the engine, not for a log.
 */
function withoutState(text: string): string {
  return text.replace(/\n\n\$OutOfProcData\$:.*/, '');
}

/** Invokes with start and end in the log. */
export function logged(
  invoke: LoadedApp['invoke'],
  find: (name: string) => AppFunction | undefined,
  log: HostLog,
): LoadedApp['invoke'] {
  return (name, invocation) => {
    const known = find(name)?.name;
    if (known === undefined) return invoke(name, invocation);
    const whole = { ...invocation, invocationId: invocation.invocationId ?? randomUUID() };
    return logInvocation(known, whole, log.for(`Function.${known}`), () => invoke(name, whole));
  };
}

/** An error is logged with only the frames of user code. */
async function logInvocation<T>(
  functionName: string,
  invocation: RpcInvocation & { invocationId: string },
  log: HostLog,
  run: () => Promise<T>,
): Promise<T> {
  const { invocationId } = invocation;
  const fields = { functionName, invocationId };
  const started = performance.now();
  const reason = invocation.reason ?? 'This function was programmatically called via the host APIs.';
  if (log.isEnabled('information'))
    log.info(`Executing 'Functions.${functionName}' (Reason='${reason}', Id=${invocationId})`, fields);
  const duration = (): number => Math.round(performance.now() - started);
  try {
    const result = await run();
    if (log.isEnabled('information'))
      log.info(
        `Executed 'Functions.${functionName}' (Succeeded, Id=${invocationId}, Duration=${duration()}ms)`,
        fields,
      );
    return result;
  } catch (thrown) {
    if (log.isEnabled('error')) {
      const error = invocationError(thrown);
      const detail = userStack(withoutState(error.stack ?? `${error.name}: ${error.message}`), hostFolder);
      log.error(
        `Executed 'Functions.${functionName}' (Failed, Id=${invocationId}, Duration=${duration()}ms)\n${detail}`,
        { ...fields, isUserException: error.isUserException },
      );
    }
    throw thrown;
  }
}
