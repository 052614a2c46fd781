import { compile, search, type JSONValue } from '@jmespath-community/jmespath';
import { usageError } from '../program/commandError.js';

/** Compiles the query, so that a wrong one is refused before anything is sent. */
export function checkQuery(expression: string): void {
  try {
    compile(expression);
  } catch (error) {
    throw unreadable(expression, error);
  }
}

/** @returns the part of the data that a JMESPath expression names (jmespath.org) */
export function runQuery(data: unknown, expression: string): unknown {
  try {
    return search((data ?? null) as JSONValue, expression);
  } catch (error) {
    throw unreadable(expression, error);
  }
}

function unreadable(expression: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return usageError(
    `The query ${JSON.stringify(expression)} cannot be used: ${reason}`,
    'jmespath.org has the language.',
  );
}
