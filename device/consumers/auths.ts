import { z } from 'zod';
import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { ConsumerFailure } from './consumer.js';

/** A docker `config.json`, as far as it is looked at; everything else of it stays as it is. */
const config = z.looseObject({
  auths: z.record(z.string(), z.unknown()).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

/**
 * An existing docker `config.json` with the credential as its entry for the endpoint, and nothing else of it changed; undefined
 * when it has exactly that already. Throws {@link ConsumerFailure} for a file that is none, or in which a credential helper
 * would keep docker from reading the entry (docker docs: reference/cli/docker/login, "Credential stores").
 */
export function withCredentials(
  before: string | undefined,
  { endpoint, username, password }: RegistryCredentials,
): string | undefined {
  const found = json(before === undefined || before.trim() === '' ? '{}' : before);
  if (!isConfig(found)) throw new ConsumerFailure('what is there is not a docker config.json; it is left as it is');
  const { auths = {}, credsStore = '', credHelpers = {} } = found;
  if (credsStore !== '' || Object.hasOwn(credHelpers, endpoint)) {
    throw new ConsumerFailure(`a credential helper there hides what is written for ${endpoint}`);
  }
  const entry = { auth: Buffer.from(`${username}:${password}`).toString('base64') };
  if (Object.hasOwn(auths, endpoint) && JSON.stringify(auths[endpoint]) === JSON.stringify(entry)) return undefined;
  return `${JSON.stringify({ ...found, auths: { ...auths, [endpoint]: entry } }, null, '\t')}\n`;
}

/** Only looked at: what a schema returns may lack a key that it does not care for. */
function isConfig(value: unknown): value is z.infer<typeof config> {
  return config.safeParse(value).success;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
