import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ports } from '../ports/ports.js';
import { ServiceError } from '../serviceErrors/serviceError.js';

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

/** Every call that changes something, by the port's method. The rest only reads. */
const WRITES = {
  controlPlane: {
    setClientTokens: 'clientList.replace',
    createScopeMap: 'scopeMap.create',
    setScopeMapActions: 'scopeMap.restore',
    deleteScopeMap: 'scopeMap.delete',
    createToken: 'token.create',
    setTokenScopeMap: 'token.move',
    disableToken: 'token.disable',
    enableToken: 'token.enable',
    keepOnlySlots: 'password.clear',
    deleteToken: 'token.delete',
    generatePassword: 'password.generate',
  },
  vault: {
    store: 'secret.save',
    copy: 'secret.promote',
    updateTags: 'secret.tag',
    disable: 'secret.disable',
    remove: 'secret.delete',
  },
  devices: { requestPullCheck: 'pullCheck.request', announcePromotion: 'promotion.announce' },
  alerts: { rotationFailed: 'rotation.alert', rotationsStopped: 'sweep.alert' },
} as const;

/** The same ports, with an audit line for each write. */
export function auditedPorts(ports: Ports): Ports {
  return {
    controlPlane: audited(ports.controlPlane, WRITES.controlPlane, (args) => `${textOf(args[0])}/${textOf(args[1])}`),
    vault: audited(ports.vault, WRITES.vault, (args) => secretName(args)),
    hubs: ports.hubs,
    self: ports.self,
    devices: audited(ports.devices, WRITES.devices, (args) => textOf(args[0])),
    alerts: audited(ports.alerts, WRITES.alerts, (args) => textOf(args[0])),
  };
}

function audited<P extends object>(
  port: P,
  writes: Readonly<Record<string, string>>,
  resourceOf: (args: readonly unknown[]) => string,
): P {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      const action = typeof name === 'string' ? writes[name] : undefined;
      if (action === undefined || typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const resource = resourceOf(args);
        const [kind, verb] = action.split('.');
        try {
          const result: unknown = await Reflect.apply(method, target, args);
          audit(`${kind ?? ''}.${verb ?? ''}.succeeded`, { resource });
          return result;
        } catch (error) {
          const reason = error instanceof ServiceError ? error.kind : 'unexpected';
          audit(`${kind ?? ''}.${verb ?? ''}.failed`, { resource, reason });
          throw error;
        }
      };
    },
  });
}

/** A vault method's first argument is a name or a version; of a copy the second is what is written. */
function secretName([first, second]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  return typeof first === 'object' && first !== null && 'name' in first ? textOf(first.name) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
