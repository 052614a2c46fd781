const realDate = Date;

/**
 * Makes `Date` tell the time of `now` (milliseconds) wherever it is asked for the current time; everything else of it stays.
 * What Node.js itself does with time (socket timeouts, the Date header, file times, certificates) stays on the machine's.
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
