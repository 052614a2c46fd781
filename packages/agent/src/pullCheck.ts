import type { PullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { asPullFailure } from './pullFailure.js';
import type { HttpPolicy } from './registry/http.js';
import type { Platform } from './registry/platform.js';
import { pull } from './registry/pull.js';
import { requireOwner } from './secrets/owner.js';
import type { SecretOwner } from './secrets/owner.js';
import { parseDockerConfig } from './secrets/dockerConfig.js';
import type { SecretReader } from './secrets/vault.js';

export interface PullCheckOptions {
  secrets: SecretReader;
  platform: Platform;
  policy: HttpPolicy;
}

/** The result of a check. `reason` is for the agent's log and is not reported. */
export interface PullCheckResult {
  outcome: PullOutcome;
  digest?: string;
  bytes?: number;
  milliseconds: number;
  reason?: string;
}

/**
 * Reads the secret (the newest version if none is named) and pulls the image with it. Never throws: every error is an
 * outcome.
 *
 * @param owner the client that the secret must belong to; undefined at the command line, where any secret may be named
 */
export async function runPullCheck(
  secret: { name: string; version: string | undefined },
  image: string,
  { secrets, platform, policy }: PullCheckOptions,
  signal: AbortSignal,
  owner?: SecretOwner,
): Promise<PullCheckResult> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  try {
    const { value, tags } = await secrets.read(secret.name, secret.version, signal);
    if (owner) requireOwner(tags, owner);
    const credentials = parseDockerConfig(value);
    const pulled = await pull({ credentials, image, platform, policy, signal });
    return { outcome: 'pulled', ...pulled, milliseconds: elapsed() };
  } catch (error) {
    const { outcome, message } = asPullFailure(error);
    return { outcome, milliseconds: elapsed(), reason: message };
  }
}
