import { z } from 'zod';
import { NO_ENDPOINT, isEndpoint } from '@connected-registry/protocol/names/names';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { PullFailure } from '../pullFailure.js';

/** The one registry that a secret is for, and the credential. */
export interface RegistryCredentials {
  /** `host` or `host:port`. */
  endpoint: string;
  username: string;
  password: string;
}

const dockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });

/**
 * Parses a secret's value: a docker `config.json` with exactly one entry under `auths`, whose `auth` is base64 of
 * `user:password`.
 * @throws PullFailure `secret-invalid`, whose reason does not contain the value
 */
export function parseDockerConfig(value: string): RegistryCredentials {
  const parsed = dockerConfig.safeParse(parseJson(value));
  if (!parsed.success) throw new PullFailure('secret-invalid', 'the secret is not a docker config.json with auths');
  const entries = Object.entries(parsed.data.auths);
  const [entry] = entries;
  if (!entry || entries.length !== 1) {
    throw new PullFailure('secret-invalid', `the secret names ${entries.length} registries instead of one`);
  }
  const [endpoint, { auth }] = entry;
  if (!isEndpoint(endpoint)) {
    throw new PullFailure('secret-invalid', `the registry in the secret ${NO_ENDPOINT}`);
  }
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [];
  if (!username || !password) throw new PullFailure('secret-invalid', "the secret's auth is not user:password");
  return { endpoint, username, password };
}
