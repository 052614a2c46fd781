import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Plane } from '../plane.js';
import { HUB_HOST } from './hub.js';
import { identityKey, type HubIdentity } from './hubState.js';
import { isGoodFor, readSharedAccess } from './sharedAccess.js';

/** The credentials of a connecting device. */
export interface DeviceClaim {
  clientId: string;
  username: string;
  password: string | undefined;
  /** Thumbprints of its TLS certificate, in hexadecimal. */
  thumbprints: string[];
}

export interface Admitted {
  identity: HubIdentity;
  /** When the signature and its connection end; undefined for a certificate. */
  until?: Date;
}

/**
 * Authenticates a device: `{host}/{device}[/{module}]/?api-version=...` as user name, the same device's id as client
 * id, and a signature or certificate of the identity (Azure docs: iot-mqtt-connect-to-iot-hub).
 */
export function admit(plane: Plane, claim: DeviceClaim): Admitted | 'malformed' | 'refused' {
  const [address = ''] = claim.username.split('?');
  const [host, deviceId, moduleId] = address.split('/').filter((part) => part !== '');
  if (host === undefined || deviceId === undefined) return 'malformed';
  const identity = plane.hub.find(deviceId, moduleId);
  if (!identity || host.toLowerCase() !== HUB_HOST || claim.clientId !== identityKey(identity)) return 'refused';
  const device = plane.hub.find(deviceId);
  if (identity.status === 'disabled' || device?.status === 'disabled') return 'refused';
  const { type, symmetricKey, x509Thumbprint } = identity.authentication;
  if (type === 'selfSigned') {
    const known = [x509Thumbprint.primaryThumbprint, x509Thumbprint.secondaryThumbprint];
    const isKnown = claim.thumbprints.some((one) => known.some((other) => sameName(other ?? undefined, one)));
    return isKnown ? { identity } : 'refused';
  }
  const access = type === 'sas' ? readSharedAccess(claim.password ?? '') : undefined;
  if (!access) return 'refused';
  const policy = plane.hub.state.policies.find(({ name }) => name === access.policy);
  if (access.policy !== undefined && !policy?.rights.includes('DeviceConnect')) return 'refused';
  const { primaryKey, secondaryKey } = policy ?? symmetricKey;
  const path = moduleId === undefined ? deviceId : `${deviceId}/modules/${moduleId}`;
  const resource = `${HUB_HOST}/devices/${path}`;
  if (!isGoodFor(access, [primaryKey, secondaryKey], resource, plane.clock.now())) return 'refused';
  return { identity, until: new Date(Number(access.expiry) * 1000) };
}
