/** A call of a port, with its arguments and result left to the port's interface. */
type PortCall = (...args: unknown[]) => Promise<unknown>;

/**
 * Wraps every method of a port. The result has the port's own type, so an editor's go-to-definition leads from a call
 * to the port's interface, and from there to its implementations.
 *
 * @param port the port; its methods are looked up when they are called.
 * @param table has an entry for each method: the compiler refuses a table that lacks one.
 * @param around gives the wrapper of one method, from the method's name and the call itself.
 */
export function wrapPort<Port extends object>(
  port: Port,
  table: Readonly<Record<keyof Port, unknown>>,
  around: (method: keyof Port & string, call: PortCall) => PortCall,
): Port {
  const methods = Object.keys(table) as (keyof Port & string)[];
  const wrapped = methods.map((method) => {
    const call: PortCall = (...args) => Reflect.apply(port[method] as PortCall, port, args);
    return [method, around(method, call)];
  });
  return Object.fromEntries(wrapped) as Port;
}
