import { VERSION } from '@connected-registry/protocol/names/version';
import { defineCommand } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { listOutput } from '../../output/output.js';

interface Versions {
  readonly crctl: string;
  /** Null if no app is chosen, or if it does not answer. */
  readonly app: string | null;
  readonly node: string;
}

export const version = defineCommand({
  name: 'version',
  summary: 'show the versions of crctl, of the app and of Node',
  args: [],
  options: {},
  examples: [{ text: 'that of the app', line: 'crctl version --query app -o name' }],
  usesApp: true,
  async run(context) {
    const { app, why } = await versionOfApp(context);
    const versions: Versions = { crctl: VERSION, app: app ?? null, node: process.versions.node };
    return listOutput(
      versions,
      [versions],
      [
        { header: 'CRCTL', value: ({ crctl }) => crctl },
        { header: 'APP', value: (one) => one.app ?? 'unknown' },
        { header: 'NODE', value: ({ node }) => node },
      ],
      ({ crctl }) => crctl,
      { notes: why === undefined ? [] : [`The app's version is unknown: ${why}`] },
    );
  },
});

async function versionOfApp(context: Parameters<typeof version.run>[0]): Promise<{ app?: string; why?: string }> {
  try {
    const { api } = await context.connect();
    const { routes } = await import('../../api/routes.js');
    return { app: (await routes.document(api)).info.version };
  } catch (error) {
    if (error instanceof CommandError) return { why: error.message };
    throw error;
  }
}
