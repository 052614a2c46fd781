const realDate = Date;

/**
 * Makes `Date` return the time of `now` (milliseconds) for the current time; everything else stays the same. Node.js's
 * own uses of time (socket timeouts, the Date header, file times, certificates) keep the machine's time.
 */
export function replaceDate(now: () => number): void {
  const replaced = new Proxy(realDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new realDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  });
  Object.defineProperty(realDate.prototype, 'constructor', { value: replaced, configurable: true, writable: true });
  globalThis.Date = replaced;
}
