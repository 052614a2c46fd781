import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Collection } from '../state/collection.js';
import { storedObject } from '../state/storedObject.js';
import type { Contents } from '../state/store.js';

export const HUB_FORMAT = 1;

/** Rights of a shared access policy (Azure docs: iot-hub-dev-guide-sas, "Access control and permissions"). */
const hubRight = z.enum(['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect']);
export type HubRight = z.infer<typeof hubRight>;

const accessPolicy = storedObject({
  name: z.string(),
  rights: z.array(hubRight),
  primaryKey: z.string(),
  secondaryKey: z.string(),
});
export type AccessPolicy = z.infer<typeof accessPolicy>;

/** What does not change. */
export const hubFacts = z.object({ name: z.string(), policies: z.array(accessPolicy) });
export type HubFacts = z.infer<typeof hubFacts>;

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };
export interface JsonObject {
  [name: string]: JsonValue;
}

/** One side of a twin's properties. `metadata` has the shape of `values`, with `$lastUpdated` at every level. */
export interface TwinSection {
  values: JsonObject;
  metadata: JsonObject;
  version: number;
}

export interface Twin {
  /** Counts changes from the service's side, for `If-Match`. */
  etag: number;
  /** Counts every change. */
  version: number;
  tags: JsonObject;
  desired: TwinSection;
  reported: TwinSection;
}

/** A device's identity or, with `moduleId`, a module's, with its twin. Ids are case-sensitive. */
export interface HubIdentity {
  deviceId: string;
  moduleId?: string;
  generationId: string;
  etag: string;
  status: 'enabled' | 'disabled';
  statusReason?: string;
  statusUpdatedTime?: string;
  connectionStateUpdatedTime?: string;
  lastActivityTime?: string;
  authentication: {
    type: 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';
    symmetricKey: { primaryKey: string | null; secondaryKey: string | null };
    x509Thumbprint: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
  };
  iotEdge: boolean;
  twin: Twin;
}

export interface HubState extends HubFacts {
  identities: Collection<HubIdentity>;
}

/** The key of an identity: no id contains a slash. */
export function identityKey({ deviceId, moduleId }: Pick<HubIdentity, 'deviceId' | 'moduleId'>): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
}

export function makeHub(facts: HubFacts): HubState {
  return { ...facts, identities: new Collection<HubIdentity>([], { keyOf: identityKey }) };
}

/** A new hub with the default policies. */
export function newHubFacts(name: string): HubFacts {
  const policy = (policyName: string, rights: HubRight[]): AccessPolicy => ({
    name: policyName,
    rights,
    primaryKey: makeHubKey(),
    secondaryKey: makeHubKey(),
  });
  return {
    name,
    policies: [
      policy('iothubowner', ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect']),
      policy('service', ['ServiceConnect']),
      policy('device', ['DeviceConnect']),
      policy('registryRead', ['RegistryRead']),
      policy('registryReadWrite', ['RegistryRead', 'RegistryWrite']),
    ],
  };
}

/** The format on disk. */
export function hubContents({ name, policies, identities }: HubState): Contents {
  return {
    format: HUB_FORMAT,
    facts: { name, policies },
    tables: () => [['identities', identities]],
    table: (table) => (table === 'identities' ? identities : undefined),
  };
}

export function makeHubKey(): string {
  return randomBytes(32).toString('base64');
}
