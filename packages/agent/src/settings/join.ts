import { parseArgs } from 'node:util';
import { z } from 'zod';
import { KEY_TYPES } from '../joined/keys/deviceKeyStore.js';
import type { KeyType } from '../joined/keys/deviceKeyStore.js';
import { BadSettings, allChecked, checked } from './badSettings.js';
import { checkVariables } from './check.js';
import { joinFolder } from './joined.js';
import { appOrigin, text } from './values.js';

/** What `agent join` is to do. */
export interface JoinSettings {
  /** `-` is standard input. */
  tokenFile: string;
  /** The app's address, an origin. */
  url: string;
  folder: string;
  keyType: KeyType;
  /** Whether another membership may be replaced. */
  again: boolean;
  /** Maximum milliseconds to wait for an answer. */
  timeout: number;
}

const option = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;

/** Every flag of `agent join`. The token itself is none: others on the machine can see a command line. */
export const JOIN_FLAGS = {
  'token-file': option,
  url: option,
  folder: option,
  'key-type': option,
  again: toggle,
  help: toggle,
} as const;

export const joinFlags = z.object({
  'token-file': text,
  url: appOrigin,
  folder: joinFolder,
  'key-type': z.enum(KEY_TYPES).default('p256'),
  again: z.boolean().default(false),
});

const timeout = checkVariables.pick({ IDLE_TIMEOUT_SECONDS: true });

/**
 * Parses what follows `agent join`.
 * @returns undefined for `--help`
 * @throws BadSettings
 */
export function readJoin(args: string[], env: Record<string, unknown>): JoinSettings | undefined {
  const values = parseFlags(args);
  if (values.help === true) return undefined;
  const named = values.folder === undefined ? 'JOIN_FOLDER' : '--folder';
  const [given, { IDLE_TIMEOUT_SECONDS }] = allChecked(
    () => checked(joinFlags, { ...values, folder: values.folder ?? env['JOIN_FOLDER'] }, '--', { folder: named }),
    () => checked(timeout, env),
  );
  return {
    tokenFile: given['token-file'],
    url: new URL(given.url).origin,
    folder: given.folder,
    keyType: given['key-type'],
    again: given.again,
    timeout: IDLE_TIMEOUT_SECONDS,
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: JOIN_FLAGS }).values;
  } catch (error) {
    throw new BadSettings(error instanceof Error ? error.message : String(error));
  }
}
