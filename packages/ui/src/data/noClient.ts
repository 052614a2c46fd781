import type { Answer } from './api.js';
import { FaultError } from './fault.js';

/**
 * Takes the app's answer that it knows no such client for a value. It is what there is, not a fault: an alert would be
 * wrong, and a retry costs a read of the vault.
 *
 * @param otherwise the value then
 * @throws {FaultError} for every other fault
 */
export async function unlessNoClient<T, Otherwise>(
  reading: Promise<Answer<T>>,
  otherwise: Otherwise,
): Promise<Answer<T | Otherwise>> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof FaultError) || error.fault.kind !== 'refused') throw error;
    if (error.fault.problem.code !== 'client-not-found') throw error;
    return { kind: 'value', value: otherwise };
  }
}
