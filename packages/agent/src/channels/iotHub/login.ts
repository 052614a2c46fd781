import { createHmac } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { readRegularFile } from '../../regularFile.js';
import type { HubIdentity } from './hubIdentity.js';
import { signWithDaemon, trustBundle } from './workload.js';

/** Parameters of one connection to the hub. */
export interface Login {
  host: string;
  clientId: string;
  username: string;
  password?: string;
  cert?: string;
  key?: string;
  ca?: string[];
  /** When the signature and its connection end; undefined for a certificate. */
  until?: Date;
}

const API_VERSION = '2021-04-12';
/** The hub closes a connection when its signature expires, so a new one is opened well before. */
const SIGNATURE_LIFETIME = 24 * 3_600_000;

/**
 * Creates the parameters, with a new signature or the current certificate (Azure docs: iot-mqtt-connect-to-iot-hub).
 */
export async function makeLogin(identity: HubIdentity, caFile: string | undefined, now: Date): Promise<Login> {
  const { hostName, gatewayHostName, deviceId, moduleId, proof } = identity;
  const clientId = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
  const names = {
    host: gatewayHostName ?? hostName,
    clientId,
    username: `${hostName}/${clientId}/?api-version=${API_VERSION}`,
    ...(caFile !== undefined && { ca: [...rootCertificates, await readRegularFile(caFile)] }),
  };
  if (proof.kind === 'certificate') {
    const [cert, key] = await Promise.all([readRegularFile(proof.certificateFile), readRegularFile(proof.keyFile)]);
    return { ...names, cert, key };
  }
  const path = moduleId === undefined ? deviceId : `${deviceId}/modules/${moduleId}`;
  const resource = encodeURIComponent(`${hostName}/devices/${path}`);
  const until = new Date(now.getTime() + SIGNATURE_LIFETIME);
  const expiry = Math.floor(until.getTime() / 1_000);
  const text = `${resource}\n${expiry}`;
  if (proof.kind === 'key') {
    seenSecrets.keep(proof.key);
    const signature = createHmac('sha256', Buffer.from(proof.key, 'base64')).update(text).digest('base64');
    return { ...names, password: sharedAccess(resource, signature, expiry), until };
  }
  const workload = { ...proof, moduleId: moduleId ?? '' };
  const signature = await signWithDaemon(workload, text);
  const ca = names.ca ?? [...rootCertificates, await trustBundle(workload)];
  return { ...names, ca, password: sharedAccess(resource, signature, expiry), until };
}

function sharedAccess(resource: string, signature: string, expiry: number): string {
  seenSecrets.remember(signature);
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`;
}
