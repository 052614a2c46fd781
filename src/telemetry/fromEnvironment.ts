import type { TokenCredential } from '@azure/identity';
import { createTelemetry, type Telemetry } from './telemetry.js';

/**
 * Creates telemetry that goes to the destination of the Functions host's own, by the host's settings (Azure docs:
 * functions-app-settings).
 *
 * @returns undefined when the host sends no telemetry.
 */
export function telemetryFrom(
  environment: Readonly<Record<string, string | undefined>>,
  credential: TokenCredential,
): Telemetry | undefined {
  const connectionString = environment['APPLICATIONINSIGHTS_CONNECTION_STRING'];
  if (!connectionString) return undefined;
  const byIdentity = /Authorization=AAD/i.test(environment['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'] ?? '');
  const destination = {
    connectionString,
    role: environment['WEBSITE_SITE_NAME'] ?? 'connected-registry-onboarding',
    ...(byIdentity ? { credential } : {}),
  };
  const load = async () => (await import('./azureMonitor.js')).azureMonitorSink(destination);
  return createTelemetry(load, (text) => console.warn(text));
}
