import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { listOutput } from '../../output/output.js';

export const logout = defineCommand({
  name: 'logout',
  summary: 'remove a context, and its key from the key store of the system',
  args: [{ name: 'NAME', help: 'name of the context' }],
  options: {},
  examples: [{ text: 'forget an app', line: 'crctl logout staging' }],
  usesApp: false,
  async run({ world }, { args: [name = ''] }) {
    const { readContexts, writeContexts } = await import('../../connection/contextFile.js');
    const { current, contexts, ...rest } = readContexts(world);
    const place = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
    if (!place) throw usageError(`There is no context ${JSON.stringify(name)}.`, '`crctl contexts` lists them.');
    if (place.auth.kind === 'key' && place.auth.from.kind === 'store')
      (await world.openKeyStore()).remove(place.auth.from.name);
    const others = Object.fromEntries(Object.entries(contexts).filter(([one]) => one !== name));
    writeContexts(world, {
      ...rest,
      ...(current === undefined || current === name ? {} : { current }),
      contexts: others,
    });
    return listOutput({ removed: name }, [name], [{ header: 'REMOVED', value: (one) => one }], (one) => one);
  },
});
