import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listOutput } from '../../output/output.js';
import { defineCommand } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { fileCode } from '../../program/fileError.js';
import { PLACE_OPTIONS, registryOf } from './options.js';

/** Reasons that are shown below the table. */
const SHOWN = 20;

export const importTokensCommand = defineCommand({
  name: 'import',
  summary: 'list tokens that belong to no client, and write the fleet file that adopts them',
  description:
    'These are tokens that connected registries accept and that no secret of the app names: made by hand, or by another tool. Nothing is changed. `crctl plan` shows what the adoption of each would do, and `crctl apply` carries it out. An adoption fills a free password slot, so devices can still pull with the present password. A token that cannot be adopted unchanged is omitted, with the reason; with --out the exit code is then 1. When a token was last used is unknown, because Azure does not report it.',
  args: [],
  options: {
    ...PLACE_OPTIONS,
    image: {
      kind: 'text',
      value: 'IMAGE',
      help: 'what devices pull as the check, for tokens whose scope map names wildcards only',
    },
    out: { kind: 'text', value: 'FILE', help: 'write the fleet file; it must not exist' },
  },
  examples: [
    { text: 'tokens that belong to no client', line: 'crctl import --registry myregistry' },
    { text: 'write the rows of a fleet file', line: 'crctl import --registry myregistry --out fleet.yaml' },
    { text: 'see what their adoption would do', line: 'crctl plan fleet.yaml' },
  ],
  usesApp: true,
  async run(context, { options }) {
    const { api, place } = await context.connect();
    const { connectedRegistry, image, out } = options;
    const registry = registryOf(options, place.registry);
    const [{ readUnmanaged }, { readFleetWorld }, { importedFleet, importTokens }, { UNMANAGED_COLUMNS }] =
      await Promise.all([
        import('../../fleet/world/unmanagedTokens.js'),
        import('../../fleet/world/readFleetWorld.js'),
        import('../../fleet/file/importTokens.js'),
        import('../../views/unmanagedColumns.js'),
      ]);
    const found = await readUnmanaged(api, {
      ...(registry === undefined ? {} : { registry }),
      ...(connectedRegistry === undefined ? {} : { connectedRegistry }),
    });
    const scopes =
      connectedRegistry === undefined || registry === undefined ? undefined : [{ registry, connectedRegistry }];
    const clients = found.length === 0 ? [] : await readFleetWorld(api, { scopes, needsIdentity: () => false });
    const tokens = importTokens(
      found,
      clients.map(({ reference }) => reference),
      image,
    );
    const fleet = out === undefined ? undefined : importedFleet(tokens);
    if (out !== undefined && fleet) writeNew(out, context.world.cwd, fleet.text);
    const left = tokens.filter(({ leftOut }) => leftOut !== undefined);
    return listOutput(
      { tokens },
      tokens,
      UNMANAGED_COLUMNS,
      (token) => `${token.registry}/${token.connectedRegistry}/${token.token}`,
      {
        notes: [
          ...(tokens.length === 0 ? ['Every token that connected registries accept belongs to a client.'] : []),
          ...left.slice(0, SHOWN).map((one) => `Left out: ${one.connectedRegistry}/${one.token}: ${one.leftOut}`),
          ...(left.length > SHOWN ? [`${left.length - SHOWN} more are left out: -o csv has the reasons.`] : []),
          ...(fleet ? [`See what it would do with: ${context.again} plan ${out}`] : []),
          ...(out !== undefined && !fleet ? [`${out} was not written: it would have no client.`] : []),
        ],
        ...(out !== undefined && left.length > 0 ? { exit: EXIT.failed } : {}),
      },
    );
  },
});

/** Writes a file that must not exist: a fleet file may have been written by hand. @throws {CommandError} */
function writeNew(name: string, cwd: string, text: string): void {
  try {
    writeFileSync(resolve(cwd, name), text, { flag: 'wx' });
  } catch (error) {
    const code = fileCode(error);
    throw usageError(
      `${name} cannot be written (${code}).`,
      ...(code === 'EEXIST' ? ['It exists: choose another name, and copy what you want to keep.'] : []),
    );
  }
}
