import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { makeUsable, PathError } from '@connected-registry/clock/files/usableFolder';

const HELP = `Prepares a separate configuration of the Azure CLI for a running "npm run local", and signs the operator in.

Usage: npm run az-login -- [--data DIR] [--config DIR]

  --data DIR    data folder of the running stack, which has endpoints.json (default .local)
  --config DIR  folder for this configuration of the CLI (default DATA/az)
  --help        prints this help

Prints only the line that a shell sources so that its "az" uses this configuration. The CLI's own one does not change.
`;

const endpoints = z.object({
  azure: z.object({ arm: z.string(), caFile: z.string(), tenantId: z.string() }),
  identities: z.object({ operator: z.object({ clientId: z.string(), clientSecret: z.string() }) }),
});

/** The sign-in failed. The message is for the user. */
class CannotLogIn extends Error {}

/** The environment in which the Azure CLI uses the local cloud and none of the user's own settings. */
function cliEnvironment(config: string, caFile: string): Record<string, string> {
  return {
    AZURE_CONFIG_DIR: config,
    REQUESTS_CA_BUNDLE: caFile,
    AZURE_CORE_ENCRYPT_TOKEN_CACHE: 'false',
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    AZURE_CORE_SURVEY_MESSAGE: 'false',
    AZURE_EXTENSION_USE_DYNAMIC_INSTALL: 'no',
  };
}

/**
 * Registers a cloud and signs the operator in. The `/adfs` in the authority keeps the CLI from using a public discovery
 * host.
 *
 * @throws CannotLogIn if the CLI is not installed or fails
 */
export function logIn(data: string, config: string): Record<string, string> {
  const { azure, identities } = readEndpoints(join(data, 'endpoints.json'));
  makeUsable(config, '--config');
  const environment = cliEnvironment(config, azure.caFile);
  const known = az(environment, ['cloud', 'list'], { query: "[?name=='local'].name", output: 'tsv' }).trim() !== '';
  if (known) az(environment, ['cloud', 'set'], { name: 'AzureCloud' });
  if (known) az(environment, ['cloud', 'unregister'], { name: 'local' });
  az(environment, ['cloud', 'register'], {
    name: 'local',
    'endpoint-resource-manager': azure.arm,
    'endpoint-management': azure.arm,
    'endpoint-gallery': azure.arm,
    'endpoint-active-directory': `${azure.arm}/adfs`,
    'endpoint-active-directory-resource-id': azure.arm,
    'endpoint-active-directory-graph-resource-id': `${azure.arm}/graph/`,
    'suffix-acr-login-server-endpoint': '.azurecr.io',
  });
  az(environment, ['cloud', 'set'], { name: 'local' });
  const { clientId, clientSecret } = identities.operator;
  az(environment, ['login', '--service-principal'], {
    tenant: azure.tenantId,
    username: clientId,
    password: clientSecret,
  });
  return environment;
}

function readEndpoints(file: string): z.output<typeof endpoints> {
  try {
    return endpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new CannotLogIn(`${file} does not contain the address of the simulator; is it running?`, { cause: error });
  }
}

function az(environment: Record<string, string>, command: string[], flags: Record<string, string>): string {
  const args = [...command, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  const run = spawnSync('az', args, { env: { ...process.env, ...environment }, encoding: 'utf8', timeout: 120_000 });
  if (run.error) throw new CannotLogIn("the Azure CLI, 'az', is not installed", { cause: run.error });
  if (run.status !== 0) throw new CannotLogIn(`az ${command.join(' ')} failed: ${run.stderr.trim()}`);
  return run.stdout;
}

function main(): void {
  const { values } = parseArgs({
    options: { data: { type: 'string', default: '.local' }, config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const data = resolve(values.data);
  const config = resolve(values.config ?? join(data, 'az'));
  const lines = Object.entries(logIn(data, config)).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const file = join(config, 'environment.sh');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  // A dot, because not every shell has the command source.
  process.stdout.write(`. ${quoted(file)}\n`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

if (process.argv[1] !== undefined && import.meta.url === new URL(`file://${resolve(process.argv[1])}`).href) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nTry --help.\n`);
    process.exitCode = error instanceof CannotLogIn || error instanceof PathError ? 1 : 2;
  }
}
