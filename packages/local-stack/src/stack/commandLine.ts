import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clockModes } from '@connected-registry/clock/messages';
import { FlagError } from './flagError.js';
import { appSettings } from './settingFlags.js';
import type { StackOptions } from './startStack.js';
import { isFolder } from '@connected-registry/clock/files/usableFolder';

export { FlagError };

export const HELP = `npm run local -- [flags]

Runs the onboarding app on this machine with simulators of Azure: control plane (Entra, ARM, Key Vault, Event Grid), connected
registry, Functions host and device agent. Stays up until Ctrl-C or SIGTERM.

  --functions-port N   the app's port (default 7071)
  --azure-port N       the control plane's port (default 7443)
  --edge-port N        the connected registry's port (default 8000)
  --external-host      starts no Functions host: one of yours is to run the app on the functions port, with the environment
                       in DIR/app.env.json; events are delivered to it once it answers
  --functions-keys F   the keys of that host, JSON {function, eventGrid}, also when it is written only later (default: it
                       asks for none, as Core Tools does)
  --set NAME=VALUE     a setting of the app, as often as needed; docs/settings.md has them all
  --profiles FILE      the app's profiles, JSON; docs/profiles.md says what is in them
  --external-agent     starts no device agent: one of yours answers pull checks, with the environment in DIR/device.env;
                       it is asked once it answers
  --sync-seconds N     seconds between two syncs of the connected registry (default 1)
  --azure-pace         writes of ARM take as long as recorded with Azure (default: a moment)
  --clock MODE         real (default), jumping or scaled: the time of the processes, set by POST to the clock's address
  --docker-config FILE the device agent writes promoted credentials into this docker config.json (default: nowhere);
                       its folder must be there
  --data DIR           where state, logs and certificates are kept (default .local)
  --reset              starts empty; certificates are kept
  --help               prints this

A port of 0 takes a free one, except for a host of yours. Once all serve, DIR/endpoints.json says where everything is, and
DIR/device.env has the environment of a device agent that is started by hand.`;

/** Options from the flags of `npm run local`. */
export type LocalFlags = Required<Pick<StackOptions, 'dataFolder' | 'ports' | 'syncSeconds' | 'azurePace' | 'reset'>> &
  Pick<StackOptions, 'externalHost' | 'clock' | 'device' | 'settings'>;

/**
 * Parses the flags of `npm run local`.
 *
 * @returns 'help' if help was requested
 * @throws {FlagError} for an unknown flag or an invalid value
 */
export function parseLocalFlags(args: readonly string[]): LocalFlags | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        'functions-port': { type: 'string', default: '7071' },
        'azure-port': { type: 'string', default: '7443' },
        'edge-port': { type: 'string', default: '8000' },
        'sync-seconds': { type: 'string', default: '1' },
        'external-host': { type: 'boolean', default: false },
        'functions-keys': { type: 'string' },
        clock: { type: 'string', default: 'real' },
        'azure-pace': { type: 'boolean', default: false },
        'docker-config': { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        profiles: { type: 'string' },
        'external-agent': { type: 'boolean', default: false },
        data: { type: 'string', default: '.local' },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return 'help';
  if (values.data === '') throw new FlagError('--data needs the name of a folder.');
  const dockerConfig = values['docker-config'];
  if (dockerConfig !== undefined) checkDockerConfig(dockerConfig);
  if (dockerConfig !== undefined && values['external-agent'])
    throw new FlagError(
      '--docker-config goes without --external-agent: give DOCKER_CONFIG_FILE to your agent instead.',
    );
  const settings = appSettings(values.set, values.profiles);
  const keysFile = values['functions-keys'];
  if (keysFile !== undefined && !values['external-host'])
    throw new FlagError('--functions-keys requires --external-host: a host that is started here has its own keys.');
  if (keysFile === '') throw new FlagError('--functions-keys needs the name of a file.');
  if (values['external-host'] && Number(values['functions-port']) === 0)
    throw new FlagError('--functions-port must be the port of your host, not 0, with --external-host.');
  const clock = clockModes.find((mode) => mode === values.clock);
  if (clock === undefined)
    throw new FlagError(`--clock must be one of ${clockModes.join(', ')}, not '${values.clock}'.`);
  if (clock !== 'real' && values['external-host'])
    throw new FlagError("--clock goes without --external-host: a host of yours lives in the machine's time.");
  return {
    dataFolder: values.data,
    ports: {
      host: port('--functions-port', values['functions-port']),
      azure: port('--azure-port', values['azure-port']),
      edge: port('--edge-port', values['edge-port']),
    },
    syncSeconds: seconds('--sync-seconds', values['sync-seconds']),
    azurePace: values['azure-pace'],
    reset: values.reset,
    ...(clock === 'real' ? {} : { clock }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(values['external-agent'] ? { device: 'external' } : {}),
    ...(dockerConfig === undefined ? {} : { device: { settings: { DOCKER_CONFIG_FILE: resolve(dockerConfig) } } }),
    ...(values['external-host'] ? { externalHost: keysFile === undefined ? {} : { keysFile } } : {}),
  };
}

/** A missing folder is more likely a typing error than a request to create one. */
function checkDockerConfig(file: string): void {
  if (file === '') throw new FlagError('--docker-config needs the name of a file.');
  const path = resolve(file);
  if (isFolder(path))
    throw new FlagError(`--docker-config ${path} is a folder; name the file in it, such as config.json.`);
  if (!isFolder(dirname(path)))
    throw new FlagError(
      `--docker-config ${path}: there is no folder ${dirname(path)}. Make it first, or name another file.`,
    );
}

function port(flag: string, text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new FlagError(`${flag} needs a port from 0 to 65535, not '${text}'.`);
  return value;
}

function seconds(flag: string, text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0)
    throw new FlagError(`${flag} needs a number of seconds above 0, not '${text}'.`);
  return value;
}
