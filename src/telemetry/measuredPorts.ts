import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { Ports } from '../ports/ports.js';
import type { SecretPage } from '../ports/secretVault.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { currentTraceParent } from './invocation.js';
import type { Telemetry } from './telemetry.js';
import { tracedDevices } from './tracedDevices.js';

const DAY = 86_400_000;
/** A secret under test is no credential that anybody relies on yet. */
const CANDIDATE = /-candidate$/;

/** The same ports; each call is a span of its invocation's trace, which devices are told, and is counted by service and outcome. */
export function measuredPorts(ports: Ports, telemetry: Telemetry): Ports {
  const measured = Object.entries(ports).map(([service, port]) => [
    service,
    measuredPort(service, port as Ports[keyof Ports], telemetry),
  ]);
  const all = Object.fromEntries(measured) as Ports;
  return { ...all, vault: tellingExpiry(all, telemetry), devices: tracedDevices(all.devices) };
}

function measuredPort<P extends object>(service: string, port: P, telemetry: Telemetry): P {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || typeof name !== 'string') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const startedAt = Date.now();
        let outcome = 'succeeded';
        try {
          return await Reflect.apply(method, target, args);
        } catch (error) {
          outcome = error instanceof ServiceError ? error.kind : 'unexpected';
          throw error;
        } finally {
          const traceParent = currentTraceParent();
          telemetry.measure({ name: 'onboarding.calls', value: 1, dimensions: { service, outcome } });
          telemetry.span({
            name: `${service}.${name}`,
            startedAt,
            endedAt: Date.now(),
            outcome,
            ...(traceParent ? { traceParent } : {}),
          });
        }
      };
    },
  });
}

/** Whoever reads all credentials, as the sweep does, has their days to expiry told on the way. */
function tellingExpiry({ vault }: Ports, telemetry: Telemetry): Ports['vault'] {
  return new Proxy(vault, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (name !== 'page' || typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<SecretPage> => {
        const page = (await Reflect.apply(method, target, args)) as SecretPage;
        for (const secret of page.secrets) {
          const expiresOn = parseTags(secret.tags)?.expiresOn;
          if (!secret.isEnabled || CANDIDATE.test(secret.name) || expiresOn === undefined) continue;
          const value = (Date.parse(expiresOn) - Date.now()) / DAY;
          telemetry.measure({ name: 'onboarding.credential.days', value, dimensions: {} });
        }
        return page;
      };
    },
  });
}
