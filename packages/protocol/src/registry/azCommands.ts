import type { SlotName } from './slots.js';

/* Commands of the Azure CLI as the app and its tools print them. */

/** Values by option name; an empty list is an option without a value. */
export type AzOptions = Readonly<Record<string, string | readonly []>>;

/** @param command words after `az` */
export function azCommand(command: string, options: AzOptions): string {
  const words = Object.entries(options).map(([name, value]) =>
    typeof value === 'string' ? `--${name} ${quotedWord(value)}` : `--${name}`,
  );
  return ['az', command, ...words].join(' ');
}

/** Quotes a text for a POSIX shell. */
export function quotedWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Removes one password of a token. The Azure CLI wants registry names in lower case (its help of --registry). */
export function clearPasswordCommand({
  registry,
  token,
  slot,
}: {
  readonly registry: string;
  readonly token: string;
  readonly slot: SlotName;
}): string {
  return azCommand('acr token credential delete', { registry: registry.toLowerCase(), name: token, [slot]: [] });
}
