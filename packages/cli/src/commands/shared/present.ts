/** What options have for the fields of a request, whose names the compiler compares with those of the request. */
type Given<Fields extends object> = { readonly [Name in keyof Fields]?: Fields[Name] | false | undefined };

/**
 * The fields that are given: not undefined, not false, not empty. The API refuses fields that are undefined in JSON's
 * way: absent is all it knows.
 *
 * The type of the request must be named. A spread into a typed object would not do: TypeScript does not look for excess
 * fields in it, so that one which the API no longer has would still be sent.
 */
export function present<Fields extends object = never>(
  fields: Given<NoInfer<Fields>>,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false && !isEmpty(value));
  return Object.fromEntries(given) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
