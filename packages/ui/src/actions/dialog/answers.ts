import type { DryRunAnswer } from '@connected-registry/protocol/answers/answers';
import { FaultError, isProblem } from '../../data/fault.js';

/** An answer that is JSON, but not what the app sends: something between it and the page gave it. */
const NOT_OURS = { kind: 'unexpected', status: 200 } as const;

/** The dry run as the page shows it. @throws {FaultError} if it is none */
export function dryRunOf<T extends DryRunAnswer>(answer: T): T {
  const given: unknown = answer;
  if (!isObject(given) || !['problems', 'writes', 'adopts'].every((name) => Array.isArray(given[name])))
    throw new FaultError(NOT_OURS);
  return answer;
}

/**
 * The operation that a request about one client started.
 *
 * @throws {FaultError} with the app's problem if none was started
 */
export function startedOf(answer: unknown): string {
  const found: unknown = isObject(answer) ? (answer['operations'] ?? [answer]) : undefined;
  const part: unknown = Array.isArray(found) ? found[0] : undefined;
  if (!isObject(part)) throw new FaultError(NOT_OURS);
  const { id, problem } = part;
  if (isProblem(problem)) throw new FaultError({ kind: 'refused', problem });
  if (typeof id !== 'string') throw new FaultError(NOT_OURS);
  return id;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
