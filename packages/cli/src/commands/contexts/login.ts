import { defineCommand, type CommandContext } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { listOutput } from '../../output/output.js';
import type { Auth, Place } from '../../connection/place.js';
import { present } from '../shared/present.js';
import { CONTEXT_COLUMNS, type ShownContext } from './contextColumns.js';
import { readSecret } from './readSecret.js';

export const login = defineCommand({
  name: 'login',
  summary: 'keep an app as a context, and make it the current one',
  description:
    'A context has the address, how to sign in and names that commands fill in, and no secret. With --store-key the function key is put into the key store of the system; it is read from CRCTL_KEY, from stdin or at the terminal. The sign-in is tried first.',
  args: [],
  options: {
    name: { kind: 'text', value: 'NAME', help: 'name of the context; the default is the first part of the host name' },
    registry: { kind: 'text', value: 'NAME', short: 'r', help: 'registry of clients that are named without one' },
    connectedRegistry: {
      kind: 'text',
      value: 'NAME',
      short: 'c',
      help: 'connected registry of clients that are named without one',
    },
    storeKey: { kind: 'flag', help: 'put the function key into the key store of the system' },
    skipCheck: { kind: 'flag', help: 'do not try to sign in' },
  },
  examples: [
    {
      text: 'sign in with Entra',
      line: 'crctl login --url https://APP.azurewebsites.net --scope api://CLIENT_ID/.default',
    },
    {
      text: 'with a function key in a file',
      line: 'crctl login --url https://APP.azurewebsites.net --key-file ~/.config/crctl/key',
    },
  ],
  usesApp: true,
  async run(context, { options }) {
    const { world, globals } = context;
    const [{ CONTEXT_NAME, readContexts, writeContexts }, { givenAuth, choosePlace }, { readUrl }] = await Promise.all([
      import('../../connection/contextFile.js'),
      import('../../connection/choosePlace.js'),
      import('../../connection/place.js'),
    ]);
    const given = globals.url ?? world.env['CRCTL_URL'];
    const local = globals.local ? choosePlace(globals, world) : undefined;
    const url = local?.url ?? (given ? readUrl(given) : undefined);
    if (url === undefined) throw usageError('Which app?', 'Give --url https://APP.azurewebsites.net, or --local.');
    const name = options.name ?? (local ? 'local' : (new URL(url).hostname.split('.')[0] ?? ''));
    if (!CONTEXT_NAME.test(name))
      throw usageError(
        `${JSON.stringify(name)} is not a name of a context.`,
        'Letters, digits, dots, hyphens: --name.',
      );
    const auth: Auth | undefined = options.storeKey
      ? { kind: 'key', from: { kind: 'store', name } }
      : (local?.auth ?? givenAuth(globals, world));
    if (!auth) throw usageError('How do you sign in?', 'Give --scope, --key-file or --store-key, or set CRCTL_KEY.');
    const registry = options.registry ?? local?.registry;
    const connectedRegistry = options.connectedRegistry ?? local?.connectedRegistry;
    const place: Place = { url, auth, ...present<Place>({ registry, connectedRegistry }) };
    const key = options.storeKey ? await readSecret(context, 'Function key') : undefined;
    if (!options.skipCheck) await trySignIn(context, place, key);
    if (key !== undefined) (await world.openKeyStore()).write(name, key);
    const contexts = readContexts(world);
    writeContexts(world, { ...contexts, current: name, contexts: { ...contexts.contexts, [name]: place } });
    const shown: ShownContext = { name, isCurrent: true, ...place };
    const byEnvironment = auth.kind === 'key' && auth.from.kind === 'environment';
    return listOutput(shown, [shown], CONTEXT_COLUMNS, () => name, {
      notes: byEnvironment ? ['The key is not kept: CRCTL_KEY is needed for each command.'] : [],
    });
  },
});

/** A read that every operator may do. @throws {CommandError} if the app does not answer, or refuses */
async function trySignIn({ world, again }: CommandContext, place: Place, key: string | undefined): Promise<void> {
  const [{ Api }, { signInBy }, { routes }] = await Promise.all([
    import('../../api/api.js'),
    import('../../connection/signIn.js'),
    import('../../api/routes.js'),
  ]);
  const signIn = key === undefined ? signInBy(place.auth, world) : async () => ({ 'x-functions-key': key });
  await routes.operations(new Api(place.url, signIn, world, again), { top: '1' });
}
