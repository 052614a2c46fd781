import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditAction } from './actions.js';

/** Who does something, for which operation, and where its audit lines go. */
interface AuditScope {
  /** Writes one line to the log of the current invocation; `warning` marks a line that an operator should look at. */
  readonly log: (line: string, level?: 'warning') => void;
  /** A principal's name, `function-key`, `event`, `timer` or `device`. */
  readonly actor: string;
  /** `{instance}.{run}`; absent before a run exists. */
  readonly operation?: string;
}

/** The part of an invocation's context that writes its log. */
interface InvocationLog {
  log(line: string): void;
  warn(line: string): void;
}

/** Gives the function by which a scope writes to an invocation's log. */
export function logOf(context: InvocationLog): AuditScope['log'] {
  return (line, level) => (level === 'warning' ? context.warn(line) : context.log(line));
}

const scopes = new AsyncLocalStorage<AuditScope>();

/** Runs work in a scope: all audit lines of the work, also of the functions that it calls, carry the scope. */
export function inAuditScope<T>(scope: AuditScope, work: () => T): T {
  return scopes.run(scope, work);
}

/**
 * Writes one audit line: a JSON object with `audit`, actor, operation, resource and, unless the action succeeded, a
 * reason of low cardinality. It holds names, never a value. Outside a scope nothing is written.
 *
 * @param level `warning` for a line that an operator should look at.
 */
export function audit(action: AuditAction, facts: AuditFacts, level?: 'warning'): void {
  const scope = scopes.getStore();
  if (!scope) return;
  const { log: _log, ...who } = scope;
  scope.log(JSON.stringify({ audit: action, ...who, ...facts }), level);
}

/** Facts of an audit line: `resource` is the written resource; further facts are names and numbers. */
interface AuditFacts {
  readonly resource: string;
  readonly reason?: string;
  readonly operation?: string;
  readonly [fact: string]: string | number | readonly string[] | undefined;
}

/**
 * Writes one log line that is not about a write: a JSON object with `event`, actor and operation. Outside a scope
 * nothing is written.
 */
export function logEvent(event: string, facts: Readonly<Record<string, unknown>>): void {
  const scope = scopes.getStore();
  if (!scope) return;
  const { log: _log, ...who } = scope;
  scope.log(JSON.stringify({ event, ...who, ...facts }));
}
