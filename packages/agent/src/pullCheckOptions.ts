import type { PullCheckOptions } from './pullCheck.js';
import { trusting } from './registry/http.js';
import type { SecretReader } from './secrets/vault.js';
import type { CheckSettings } from './settings/check.js';

/** Pauses in milliseconds before a registry that was not reached is tried again. */
const RETRY_DELAYS = [250, 1_000];

/** What each check is run with. */
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
