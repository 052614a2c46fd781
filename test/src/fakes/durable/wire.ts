import { ServiceError, type ServiceErrorKind } from '../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../../../src/serviceErrors/serviceOperation.js';

export interface Fault {
  /** `before`: nothing happened; `after`: it happened, and only the answer was lost. */
  readonly when: 'before' | 'after';
  readonly kind?: ServiceErrorKind;
  readonly times?: number;
  readonly error?: unknown;
  readonly retryAfterSeconds?: number;
}

const WRITES = /^(?:set|create|delete|disable|enable|keep|generate|store|copy|update|remove|request|announce)/;

/**
 * The line between the app and the fake services: it records every call, and may break it before or after its effect.
 */
export class Wire {
  readonly calls: string[] = [];
  /** Notified of every call before it is made, with its arguments. */
  observer: ((method: string, args: readonly unknown[]) => void) | undefined;
  private readonly faults = new Map<string, { fault: Fault; left: number }[]>();

  fail(method: string, fault: Fault): void {
    const waiting = this.faults.get(method) ?? [];
    this.faults.set(method, [...waiting, { fault, left: fault.times ?? 1 }]);
  }

  mend(): void {
    this.faults.clear();
  }

  get writes(): string[] {
    return this.calls.filter((name) => WRITES.test(name));
  }

  count(method: string): number {
    return this.calls.filter((name) => name === method).length;
  }

  /** The same object, with every method of it on this wire. */
  connect<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          const name = String(key);
          this.calls.push(name);
          this.observer?.(name, args);
          const fault = this.take(name);
          if (fault?.when === 'before') throw errorOf(name, fault);
          const answer: unknown = await Reflect.apply(member, target, args);
          if (fault) throw errorOf(name, fault);
          return answer;
        };
      },
    });
  }

  private take(name: string): Fault | undefined {
    const next = this.faults.get(name)?.find((item) => item.left > 0);
    if (next) next.left -= 1;
    return next?.fault;
  }
}

/** The error of a broken call. */
export function errorOf(name: string, { kind = 'unavailable', error, retryAfterSeconds }: Fault): unknown {
  const pause = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return (
    error ??
    new ServiceError({ kind, operation: name as ServiceOperation, resource: resourceName('something'), ...pause })
  );
}

/** What a fake service throws for what it does not have. */
export function notFound(resource: string): ServiceError {
  return new ServiceError({ kind: 'notFound', operation: 'get token', resource: resourceName(resource), status: 404 });
}

export function refused(resource: string): ServiceError {
  return new ServiceError({
    kind: 'refused',
    operation: 'create token',
    resource: resourceName(resource),
    status: 400,
  });
}
