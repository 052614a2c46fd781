import jmespath from 'jmespath';
import { usageError } from '../program/commandError.js';

/** Errors of the library about the text of a query. Others are about the data. */
const SYNTAX_ERRORS: readonly string[] = ['ParserError', 'LexerError'];

/** Parses the query, so that a wrong one is refused before anything is sent. */
export function checkQuery(expression: string): void {
  try {
    jmespath.search(null, expression);
  } catch (error) {
    if (error instanceof Error && SYNTAX_ERRORS.includes(error.name)) throw unreadable(expression, error);
  }
}

/** @returns the part of the data that a JMESPath expression names (jmespath.org) */
export function runQuery(data: unknown, expression: string): unknown {
  try {
    const found: unknown = jmespath.search(data ?? null, expression);
    return found;
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
