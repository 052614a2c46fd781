import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Api } from '../../api/api.js';
import type { Place } from '../../connection/place.js';
import { CommandError, usageError } from '../../program/commandError.js';
import type { ArgumentSpec } from '../../program/command.js';
import { EXIT } from '../../program/exitCodes.js';
import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';

/** Names that every client of a command has in common. */
export const NAME_OPTIONS = {
  connectedRegistry: {
    kind: 'text',
    value: 'NAME',
    short: 'c',
    help: 'connected registry of clients that are named without one; the default is that of the context',
  },
  registry: {
    kind: 'text',
    value: 'NAME',
    short: 'r',
    help: 'registry of clients that are named without one; the default is that of the context, else the app’s first',
  },
} as const satisfies OptionSpecs;
export type NameOptions = OptionValues<typeof NAME_OPTIONS>;

export const CLIENT_ARGUMENT: ArgumentSpec = {
  name: 'CLIENT',
  help: '[[REGISTRY/]CONNECTED_REGISTRY/]CLIENT, as `-o name` prints it',
};
export const CLIENTS_ARGUMENT: ArgumentSpec = { ...CLIENT_ARGUMENT, repeats: true };

/** A client as a request names it: without a registry it is in the app's first one. */
export type NamedClient = Omit<ClientReference, 'registry'> & Partial<Pick<ClientReference, 'registry'>>;

/** Reads a client's name. Client ids have no slash. */
export function readClient(text: string, options: NameOptions, place: Place): NamedClient {
  const parts = text.split('/');
  const client = parts.pop() ?? '';
  const connectedRegistry = parts.pop() ?? options.connectedRegistry ?? place.connectedRegistry;
  const registry = parts.pop() ?? options.registry ?? place.registry;
  if (parts.length > 0 || client === '' || connectedRegistry === '' || registry === '')
    throw usageError(`${JSON.stringify(text)} is not a client.`, `It is ${CLIENT_ARGUMENT.help}.`);
  if (connectedRegistry === undefined)
    throw usageError(
      `Which connected registry is ${JSON.stringify(text)} of?`,
      'Write CONNECTED_REGISTRY/CLIENT, or give --connected-registry.',
    );
  return { ...(registry === undefined ? {} : { registry }), connectedRegistry, client };
}

/** How a client is written: what {@link readClient} reads. */
export function clientText({ registry, connectedRegistry, client }: NamedClient): string {
  return [registry, connectedRegistry, client].filter((part) => part !== undefined).join('/');
}

/** A key of a client, as the API gives it: ends with 16 hexadecimal digits. */
const KEY = /^[a-z0-9-]+-[0-9a-f]{16}$/;

/**
 * The key of a client, by which paths name it.
 * @param text a key, or a name as {@link readClient} reads it
 */
export async function findKey(api: Api, text: string, options: NameOptions, place: Place): Promise<string> {
  if (KEY.test(text) && options.connectedRegistry === undefined) return text;
  const [{ clientKey }, { routes }] = await Promise.all([
    import('@connected-registry/protocol/names/clientKey'),
    import('../../api/routes.js'),
  ]);
  const { registry, ...name } = readClient(text, options, place);
  if (registry !== undefined) return clientKey({ registry, ...name });
  const { clients } = await routes.clients(api, name);
  const [found, ...others] = clients;
  if (!found)
    throw new CommandError(EXIT.notFound, `No client ${clientText(name)} has a credential.`, [
      'A client without a credential is found with its registry: --registry NAME.',
    ]);
  if (others.length > 0)
    throw usageError(
      `Several registries have a client ${clientText(name)}: ${clients.map((one) => one.registry).join(', ')}.`,
      'Say which with --registry.',
    );
  return found.key;
}
