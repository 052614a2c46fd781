import { z } from 'zod';
import { readRegularFileNow } from '../regularFile.js';
import { ownPlatform, parsePlatform } from '../registry/platform.js';
import type { Platform } from '../registry/platform.js';
import type { Identity } from '../secrets/identity.js';
import type { VaultSettings } from '../secrets/vault.js';
import { allChecked, checked } from './badSettings.js';
import { identity } from './identity.js';
import { hubFolderVariables, joinedVariables } from './joined.js';
import { appOrigin, baseUrl, flag, list, seconds } from './values.js';

/**
 * Where secrets come from: the vault, by the device's identity in Entra, or the app, by the keys of a device that has
 * joined or for which its hub vouches. `url` is the app's address, an origin.
 */
export type SecretSource =
  | { kind: 'vault'; vault: VaultSettings; identity: Identity }
  | { kind: 'joined'; folder: string }
  | { kind: 'hub'; folder: string; url: string };

/** Settings of a check, whether the app or the command line asks for it. */
export interface CheckSettings {
  secrets: SecretSource;
  insecureRegistries: ReadonlySet<string>;
  /** A CA for registries, in PEM, in addition to the well-known ones. */
  registryCa: string | undefined;
  platform: Platform;
  /** Milliseconds. */
  idleTimeout: number;
  /** Milliseconds. */
  checkTimeout: number;
}

const hosts = list
  .refine((items) => items.every((item) => URL.canParse(`http://${item}/`)), { error: 'must be a list of host:port' })
  .transform((items): ReadonlySet<string> => new Set(items.map((item) => new URL(`http://${item}/`).host)));

const certificateFile = z.string().transform((path, context): string => {
  try {
    const pem = readRegularFileNow(path);
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    context.addIssue({ code: 'custom', message: 'must name a file with a certificate in PEM' });
  } catch {
    context.addIssue({ code: 'custom', message: 'must name a file that can be read' });
  }
  return z.NEVER;
});

export const vaultVariables = z.object({
  KEY_VAULT_URL: baseUrl('https'),
  KEY_VAULT_VERIFY_CHALLENGE: flag.default(true),
});

export const checkVariables = z.object({
  INSECURE_REGISTRIES: hosts.default(new Set<string>()),
  REGISTRY_CA_FILE: certificateFile.optional(),
  PLATFORM: z
    .string()
    .optional()
    .transform((value) => (value === undefined ? ownPlatform() : parsePlatform(value)))
    .refine((value) => value !== undefined, { error: 'must be os/architecture[/variant]' }),
  IDLE_TIMEOUT_SECONDS: seconds(86_400).default(30_000),
  CHECK_TIMEOUT_SECONDS: seconds(86_400).default(600_000),
});

const SOURCES: Readonly<Record<SecretSource['kind'], (env: Record<string, unknown>) => SecretSource>> = {
  vault: vaultSource,
  joined: joinedSource,
  hub: hubSource,
};

/**
 * @param source where the device gets its secrets
 * @throws BadSettings
 */
export function readCheck(source: SecretSource['kind'], env: Record<string, unknown>): CheckSettings {
  const [secrets, given] = allChecked(
    () => SOURCES[source](env),
    () => checked(checkVariables, env),
  );
  return {
    secrets,
    insecureRegistries: given.INSECURE_REGISTRIES,
    registryCa: given.REGISTRY_CA_FILE,
    platform: given.PLATFORM,
    idleTimeout: given.IDLE_TIMEOUT_SECONDS,
    checkTimeout: given.CHECK_TIMEOUT_SECONDS,
  };
}

function vaultSource(env: Record<string, unknown>): SecretSource {
  const [given, who] = allChecked(
    () => checked(vaultVariables, env),
    () => checked(identity, env),
  );
  const vault = { url: given.KEY_VAULT_URL, verifyChallenge: given.KEY_VAULT_VERIFY_CHALLENGE };
  return { kind: 'vault', vault, identity: who };
}

function hubSource(env: Record<string, unknown>): SecretSource {
  const [{ JOIN_FOLDER: folder }, { REPORT_URL: url }] = allChecked(
    () => checked(hubFolderVariables, env),
    () => checked(z.object({ REPORT_URL: appOrigin }), env),
  );
  return { kind: 'hub', folder, url: new URL(url).origin };
}

function joinedSource(env: Record<string, unknown>): SecretSource {
  return { kind: 'joined', folder: checked(joinedVariables, env).JOIN_FOLDER };
}
