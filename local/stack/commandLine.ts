import { parseArgs } from 'node:util';
import type { StackOptions } from './startStack.js';

/** A flag that cannot be used; the message says which and why. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export const HELP = `npm run local -- [flags]

Runs the onboarding app on this machine with stand-ins for Azure: control plane (Entra, ARM, Key Vault, Event Grid), connected
registry, Functions host and device agent. Stays up until Ctrl-C or SIGTERM.

  --functions-port N   the app's port (default 7071)
  --azure-port N       the control plane's port (default 7443)
  --edge-port N        the connected registry's port (default 8000)
  --sync-seconds N     seconds between two syncs of the connected registry (default 1)
  --data DIR           where state, logs and certificates are kept (default .local)
  --reset              starts empty; certificates are kept
  --help               prints this

A port of 0 takes a free one. Once all serve, DIR/endpoints.json says where everything is.`;

/** What the flags of `npm run local` ask for. */
export type LocalFlags = Required<Pick<StackOptions, 'dataFolder' | 'ports' | 'syncSeconds' | 'reset'>>;

/**
 * Parses the flags of `npm run local`.
 *
 * @returns 'help' when help was asked for.
 * @throws {FlagError} for an unknown flag or a value that cannot be.
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
  return {
    dataFolder: values.data,
    ports: {
      host: port('--functions-port', values['functions-port']),
      azure: port('--azure-port', values['azure-port']),
      edge: port('--edge-port', values['edge-port']),
    },
    syncSeconds: seconds('--sync-seconds', values['sync-seconds']),
    reset: values.reset,
  };
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
