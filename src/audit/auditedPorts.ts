import { PORT_CALLS, type PortCallAudit } from '../ports/portCalls.js';
import type { Ports } from '../ports/ports.js';
import { wrapVaults } from '../ports/vaults.js';
import { wrapPort } from '../ports/wrapPort.js';
import { ServiceError } from '../serviceErrors/serviceError.js';
import { audit } from './audit.js';

/**
 * The same ports, with an audit line for each write.
 *
 * @param table what the audit says of each method.
 */
export function auditedPorts(ports: Ports, table = PORT_CALLS): Ports {
  return {
    controlPlane: auditedPort(ports.controlPlane, table.controlPlane),
    vaults: wrapVaults(ports.vaults, (vault) => auditedPort(vault, table.vaults)),
    sealed: auditedPort(ports.sealed, table.sealed),
    devices: auditedPort(ports.devices, table.devices),
    hubs: auditedPort(ports.hubs, table.hubs),
    alerts: auditedPort(ports.alerts, table.alerts),
    access: auditedPort(ports.access, table.access),
    self: auditedPort(ports.self, table.self),
  };
}

function auditedPort<Port extends object>(port: Port, table: Readonly<Record<keyof Port, PortCallAudit<never>>>): Port {
  return wrapPort(port, table, (method, call) => {
    const written = table[method];
    if (written === 'not audited') return call;
    return async (...args) => {
      // The table's type gives each method's entry the parameters of that method.
      const resource = written.resource(...(args as never));
      try {
        const result = await call(...args);
        audit(`${written.action}.succeeded`, { resource });
        return result;
      } catch (error) {
        const reason = error instanceof ServiceError ? error.kind : 'unexpected';
        audit(`${written.action}.failed`, { resource, reason });
        throw error;
      }
    };
  });
}
