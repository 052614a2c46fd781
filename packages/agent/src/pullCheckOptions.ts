import type { PullCheckOptions } from './pullCheck.js';
import { trusting } from './registry/http.js';
import type { SecretReader } from './secrets/vault.js';
import type { CheckSettings } from './settings/check.js';

/** Pauses, in milliseconds, before another attempt to reach a registry. */
const RETRY_DELAYS = [250, 1_000];

/** Creates the options of a check. */
export function pullCheckOptions(settings: CheckSettings, secrets: SecretReader): PullCheckOptions {
  const { platform, idleTimeout, insecureRegistries, registryCa } = settings;
  return {
    secrets,
    platform,
    policy: {
      insecureRegistries,
      idleTimeout,
      retryDelays: RETRY_DELAYS,
      secure: registryCa === undefined ? undefined : trusting(registryCa),
    },
  };
}
