/** Azure's services take null for an absent member; for schemas, so that inside there is only one way of being absent. */
export function orUndefined<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined;
}
