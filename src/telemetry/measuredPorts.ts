import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { Ports } from '../ports/ports.js';
import { PORT_CALLS } from '../ports/portCalls.js';
import type { SecretVault } from '../ports/secretVault.js';
import { wrapVaults } from '../ports/vaults.js';
import { wrapPort } from '../ports/wrapPort.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { currentTraceParent } from './invocation.js';
import type { Telemetry } from './telemetry.js';
import { tracedDevices } from './tracedDevices.js';

/** Milliseconds. */
const DAY = 86_400_000;
/** Nobody relies on a secret that still waits for its pull check. */
const CANDIDATE = /-candidate$/;

/**
 * The same ports, observed: each call becomes a span in the trace of its invocation and is counted by service and
 * outcome. Devices are sent the trace, and reading the vault's secrets measures the days until each credential expires.
 */
export function measuredPorts(ports: Ports, telemetry: Telemetry): Ports {
  return {
    controlPlane: measuredPort('controlPlane', ports, telemetry),
    vaults: wrapVaults(ports.vaults, (vault) =>
      measuringExpiry(measured('vault', vault, PORT_CALLS.vaults, telemetry), telemetry),
    ),
    sealed: measuredPort('sealed', ports, telemetry),
    devices: tracedDevices(measuredPort('devices', ports, telemetry)),
    hubs: measuredPort('hubs', ports, telemetry),
    alerts: measuredPort('alerts', ports, telemetry),
    access: measuredPort('access', ports, telemetry),
    self: measuredPort('self', ports, telemetry),
  };
}

function measuredPort<Name extends Exclude<keyof Ports, 'vaults'>>(
  service: Name,
  ports: Ports,
  telemetry: Telemetry,
): Ports[Name] {
  const port: Ports[Name] = ports[service];
  // The table's type has an entry for each method of the port.
  const table = PORT_CALLS[service] as Readonly<Record<keyof Ports[Name], unknown>>;
  return measured(service, port, table, telemetry);
}

function measured<Port extends object>(
  service: string,
  port: Port,
  table: Readonly<Record<keyof Port, unknown>>,
  telemetry: Telemetry,
): Port {
  return wrapPort(port, table, (method, call) => async (...args) => {
    const [startedAt, started] = [Date.now(), performance.now()];
    let outcome = 'succeeded';
    try {
      return await call(...args);
    } catch (error) {
      outcome = error instanceof ServiceError ? error.kind : 'unexpected';
      throw error;
    } finally {
      const traceParent = currentTraceParent();
      telemetry.measure({ name: 'onboarding.calls', value: 1, dimensions: { service, outcome } });
      telemetry.span({
        name: `${service}.${method}`,
        startedAt,
        endedAt: startedAt + performance.now() - started,
        outcome,
        ...(traceParent ? { traceParent } : {}),
      });
    }
  });
}

/** Measures the days to expiry of every current credential on a page: the sweep reads all pages. */
function measuringExpiry(vault: SecretVault, telemetry: Telemetry): SecretVault {
  return {
    ...vault,
    page: async (continuation) => {
      const page = await vault.page(continuation);
      for (const secret of page.secrets) {
        const expiresOn = parseTags(secret.tags)?.expiresOn;
        if (!secret.isEnabled || CANDIDATE.test(secret.name) || expiresOn === undefined) continue;
        const value = (Date.parse(expiresOn) - Date.now()) / DAY;
        telemetry.measure({ name: 'onboarding.credential.days', value, dimensions: {} });
      }
      return page;
    },
  };
}
