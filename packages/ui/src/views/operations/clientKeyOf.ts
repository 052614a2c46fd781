/**
 * The key of an operation's client: its id is `{key}.{run}`, and neither of the two has a point. Undefined for another
 * text.
 */
export function clientKeyOf(operation: string): string | undefined {
  const [key, run, ...rest] = operation.split('.');
  return key !== '' && run !== undefined && run !== '' && rest.length === 0 ? key : undefined;
}
