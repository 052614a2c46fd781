/** The binder entity's key: both names hold letters and digits only, and ignore case in ARM. */
export function binderKey(registry: string, connectedRegistry: string): string {
  return `${registry}.${connectedRegistry}`.toLowerCase();
}
