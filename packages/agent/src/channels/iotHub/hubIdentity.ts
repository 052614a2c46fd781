/** The agent's identity at an IoT Hub: where it connects, and how it authenticates. */
export interface HubIdentity {
  /** The hub's name, which signatures are issued for. */
  hostName: string;
  /** The host to connect to instead, for IoT Edge modules. */
  gatewayHostName?: string | undefined;
  deviceId: string;
  moduleId?: string | undefined;
  proof: Proof;
}

export type Proof =
  /** A shared access key, base64. */
  | { kind: 'key'; key: string }
  /** PEM files. They are read for each connection, because certificates are renewed. */
  | { kind: 'certificate'; certificateFile: string; keyFile: string }
  /** IoT Edge's security daemon signs for its modules through its workload API. */
  | { kind: 'workload'; uri: string; generation: string; apiVersion: string };

/**
 * Parses `HostName=...;DeviceId=...[;ModuleId=...][;GatewayHostName=...];SharedAccessKey=...`, or with `x509=true` in
 * place of the key (Azure docs: iot-hub-dev-guide-sas). Returns undefined if the text is not a connection string.
 */
export function parseConnectionString(
  text: string,
): (Omit<HubIdentity, 'proof'> & { key: string | undefined; x509: boolean }) | undefined {
  const fields = new Map<string, string>();
  for (const part of text.split(';').filter(Boolean)) {
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    fields.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  const [hostName, deviceId] = [fields.get('hostname'), fields.get('deviceid')];
  const key = fields.get('sharedaccesskey');
  const x509 = fields.get('x509')?.toLowerCase() === 'true';
  if (!hostName || !deviceId || x509 === Boolean(key)) return undefined;
  if ([hostName, fields.get('gatewayhostname') || hostName].some((host) => !HOST.test(host))) return undefined;
  return {
    hostName,
    deviceId,
    gatewayHostName: fields.get('gatewayhostname') || undefined,
    // Empty fields count as absent: a device's own connection string may contain them.
    moduleId: fields.get('moduleid') || undefined,
    key,
    x509,
  };
}

const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
