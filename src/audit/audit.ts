import { AsyncLocalStorage } from 'node:async_hooks';

/** Who and what is behind whatever is done now. */
export interface AuditScope {
  /** Writes one line to the log of the present invocation; `warning` is for what an operator should look at. */
  readonly log: (line: string, level?: 'warning') => void;
  /** A principal's name, `function-key`, `event`, `timer` or `device`. */
  readonly actor: string;
  /** `{instance}.{run}`, once there is one. */
  readonly operation?: string;
}

/** The part of an invocation's context that writes its log. */
interface InvocationLog {
  log(line: string): void;
  warn(line: string): void;
}

/** The log of an invocation, as a scope writes to it. */
export function logOf(context: InvocationLog): AuditScope['log'] {
  return (line, level) => (level === 'warning' ? context.warn(line) : context.log(line));
}

const scopes = new AsyncLocalStorage<AuditScope>();

/** Runs work whose audit lines carry this scope, however deep they come from. */
export function inAuditScope<T>(scope: AuditScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** `{resource}.{operation}.{outcome}`, from a small set of words, so that logs can be counted by it. */
export type AuditAction = `${string}.${string}.${'succeeded' | 'failed' | 'refused'}`;

/**
 * Writes one audit line: a JSON object with `audit`, actor, operation, resource and, unless it succeeded, a reason of low
 * cardinality. Names only, never a value. Outside any scope nothing is written.
 */
export function audit(action: AuditAction, facts: AuditFacts, level?: 'warning'): void {
  const scope = scopes.getStore();
  if (!scope) return;
  const { log: _log, ...who } = scope;
  scope.log(JSON.stringify({ audit: action, ...who, ...facts }), level);
}

/** `resource` is what was written; further facts are names and numbers. */
export interface AuditFacts {
  readonly resource: string;
  readonly reason?: string;
  readonly operation?: string;
  readonly [fact: string]: string | number | readonly string[] | undefined;
}

/** Writes one line that is about no write: a JSON object with `event`, actor and operation. Outside any scope none is written. */
export function logEvent(event: string, facts: Readonly<Record<string, unknown>>): void {
  const scope = scopes.getStore();
  if (!scope) return;
  const { log: _log, ...who } = scope;
  scope.log(JSON.stringify({ event, ...who, ...facts }));
}
