import { z } from 'zod';
import { parseConnectionString } from '../channels/iotHub/hubIdentity.js';
import type { HubIdentity } from '../channels/iotHub/hubIdentity.js';
import { BadSettings, allChecked, checked } from './badSettings.js';
import { joinedVariables } from './joined.js';
import { flag, port, seconds, text } from './values.js';

/** The one channel that signals arrive on. */
export type ChannelSettings =
  | { kind: 'webhook'; key: string | undefined }
  | { kind: 'poll'; audience: string; wait: number; interval: number }
  | { kind: 'joined'; folder: string; renewalAge: number; wait: number; interval: number }
  | { kind: 'iotHub'; identity: HubIdentity; port: number; caFile: string | undefined };

export const CHANNELS = ['webhook', 'iotHub', 'poll', 'joined'] as const satisfies readonly ChannelSettings['kind'][];

export const webhookVariables = z.object({ WEBHOOK_KEY: z.string().min(16).optional() });

export const pollVariables = z.object({
  POLL_AUDIENCE: text.transform((audience) => audience.replace(/\/+$/, '')),
});

/** How a device asks for messages. */
export const askingVariables = z.object({
  POLL_WAIT_SECONDS: z.coerce.number().int().min(0).max(25).default(25),
  POLL_INTERVAL_SECONDS: seconds(86_400).default(30_000),
});

export const hubVariables = z.object({
  IOTHUB_CONNECTION_STRING: text.optional(),
  IOTHUB_CERTIFICATE_FILE: text.optional(),
  IOTHUB_KEY_FILE: text.optional(),
  IOTHUB_CA_FILE: text.optional(),
  IOTHUB_PORT: port.min(1).default(8883),
  /** Decides where secrets come from, which command.ts reads. */
  IOTHUB_SEALED: flag.default(false),
});

/** Variables that IoT Edge sets for each of its modules (iotedge: edgeAgent, environment of modules). */
export const edgeVariables = z.object({
  IOTEDGE_WORKLOADURI: z.url({ protocol: /^(unix|http)$/ }),
  IOTEDGE_APIVERSION: text.default('2019-01-30'),
  IOTEDGE_IOTHUBHOSTNAME: text,
  IOTEDGE_GATEWAYHOSTNAME: text,
  IOTEDGE_DEVICEID: text,
  IOTEDGE_MODULEID: text,
  IOTEDGE_MODULEGENERATIONID: text,
});

/** @throws BadSettings */
export function readChannel(kind: ChannelSettings['kind'], env: Record<string, unknown>): ChannelSettings {
  switch (kind) {
    case 'webhook':
      return { kind, key: checked(webhookVariables, env).WEBHOOK_KEY };
    case 'poll': {
      const [{ POLL_AUDIENCE: audience }, asking] = allChecked(
        () => checked(pollVariables, env),
        () => readAsking(env),
      );
      return { kind, audience, ...asking };
    }
    case 'joined': {
      const [given, asking] = allChecked(
        () => checked(joinedVariables, env),
        () => readAsking(env),
      );
      return { kind, folder: given.JOIN_FOLDER, renewalAge: given.KEY_RENEWAL_DAYS, ...asking };
    }
    case 'iotHub': {
      const given = checked(hubVariables, env);
      return { kind, identity: hubIdentity(given, env), port: given.IOTHUB_PORT, caFile: given.IOTHUB_CA_FILE };
    }
  }
}

function readAsking(env: Record<string, unknown>): { wait: number; interval: number } {
  const given = checked(askingVariables, env);
  return { wait: given.POLL_WAIT_SECONDS, interval: given.POLL_INTERVAL_SECONDS };
}

/** Reads a connection string, or else the variables of IoT Edge. */
function hubIdentity(given: z.infer<typeof hubVariables>, env: Record<string, unknown>): HubIdentity {
  if (given.IOTHUB_CONNECTION_STRING === undefined) {
    if (env['IOTEDGE_WORKLOADURI'] === undefined) {
      throw new BadSettings(
        'IOTHUB_CONNECTION_STRING: is required for the channel iotHub, except in an IoT Edge module',
      );
    }
    const edge = checked(edgeVariables, env);
    return {
      hostName: edge.IOTEDGE_IOTHUBHOSTNAME,
      gatewayHostName: edge.IOTEDGE_GATEWAYHOSTNAME,
      deviceId: edge.IOTEDGE_DEVICEID,
      moduleId: edge.IOTEDGE_MODULEID,
      proof: {
        kind: 'workload',
        uri: edge.IOTEDGE_WORKLOADURI,
        generation: edge.IOTEDGE_MODULEGENERATIONID,
        apiVersion: edge.IOTEDGE_APIVERSION,
      },
    };
  }
  const parsed = parseConnectionString(given.IOTHUB_CONNECTION_STRING);
  if (!parsed) {
    throw new BadSettings(
      'IOTHUB_CONNECTION_STRING: must be HostName=...;DeviceId=...[;ModuleId=...] and SharedAccessKey=... or x509=true',
    );
  }
  const { key, x509: _x509, ...names } = parsed;
  if (key !== undefined) return { ...names, proof: { kind: 'key', key } };
  const { IOTHUB_CERTIFICATE_FILE: certificateFile, IOTHUB_KEY_FILE: keyFile } = given;
  if (certificateFile === undefined || keyFile === undefined) {
    const missing = certificateFile === undefined ? 'IOTHUB_CERTIFICATE_FILE' : 'IOTHUB_KEY_FILE';
    throw new BadSettings(`${missing}: is required with x509=true`);
  }
  return { ...names, proof: { kind: 'certificate', certificateFile, keyFile } };
}
