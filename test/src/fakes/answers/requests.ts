import { loadConfig, type Config } from '../../../../src/settings/config.js';
import type { FlowLimits } from '../../../../src/domain/operations/flowLimits.js';
import {
  fingerprint,
  onboardingBody,
  toOnboarding,
  type Onboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import type { OnboardingRun } from '../../../../src/domain/operations/run.js';

export const REGISTRY = 'myregistry';
export const CONNECTED_REGISTRY = 'myconnectedregistry';
export const EDGE_HOST = 'localhost:8000';

export const SETTINGS: Readonly<Record<string, string>> = {
  REGISTRIES:
    '/subscriptions/8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10/resourceGroups/edge/providers/Microsoft.ContainerRegistry/registries/myregistry',
  KEY_VAULT_URL: 'https://edge-vault.vault.azure.net',
  SIGNAL_TOPIC_ENDPOINT: 'https://signals.westeurope-1.eventgrid.azure.net/api/events',
  REPORT_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64url')}`,
};

export function config(changes: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ ...SETTINGS, ...changes });
}

export const BODY = {
  connectedRegistry: CONNECTED_REGISTRY,
  client: 'sensor-7',
  repositories: ['hello-world'],
} as const;

/** A valid request with its defaults filled in. */
export function onboarding(changes: Readonly<Record<string, unknown>> = {}): Onboarding {
  return toOnboarding(onboardingBody.parse({ ...BODY, ...changes }), REGISTRY);
}

export const RUN = 'run0000000000001';

export function onboardingRun(changes: Readonly<Record<string, unknown>> = {}, limits?: Partial<FlowLimits>) {
  const wanted = onboarding(changes);
  return {
    run: RUN,
    fingerprint: fingerprint(wanted),
    requestedAt: '2026-03-01T12:00:00.000Z',
    actor: 'function-key',
    request: wanted,
    limits: { ...config().limits, ...limits },
  } satisfies OnboardingRun;
}
