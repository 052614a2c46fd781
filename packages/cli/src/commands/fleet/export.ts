import { defineCommand } from '../../program/command.js';
import { EXIT } from '../../program/exitCodes.js';
import { PLACE_OPTIONS, registryOf } from './options.js';

export const exportFleetFile = defineCommand({
  name: 'export',
  summary: 'write the fleet file of what exists',
  description:
    'Reads every client by itself, since lists do not have its identity. A client that no fleet file can describe is left out, named in a comment, and makes the exit code 1.',
  args: [],
  options: {
    ...PLACE_OPTIONS,
  },
  examples: [{ text: 'start a fleet file', line: 'crctl export > fleet.yaml' }],
  usesApp: true,
  async run(context, { options }) {
    const { api, place } = await context.connect();
    const { connectedRegistry } = options;
    const registry = registryOf(options, place.registry);
    const [{ readFleetWorld }, { exportFleet }, { sameName }] = await Promise.all([
      import('../../fleet/world/readFleetWorld.js'),
      import('../../fleet/file/exportFleet.js'),
      import('@connected-registry/protocol/names/sameName'),
    ]);
    const scopes =
      connectedRegistry === undefined || registry === undefined ? undefined : [{ registry, connectedRegistry }];
    const world = await readFleetWorld(api, { scopes, needsIdentity: () => true });
    const { text, left } = exportFleet(
      world.filter(({ reference }) => options.registry === undefined || sameName(reference.registry, options.registry)),
    );
    return {
      data: text,
      isText: true,
      table: { headers: [], rows: [] },
      names: [],
      notes: left.map(({ name, reason }) => `Left out: ${name}: ${reason}`),
      ...(left.length > 0 ? { exit: EXIT.failed } : {}),
    };
  },
});
