import type { RecordingProxy } from '@connected-registry/local-stack/stack/devices/recordingProxy';
import { reportKeys } from '@connected-registry/local-stack/stack/dataFolder';
import { isReportMac, readReportMac } from '@connected-registry/protocol/messages/reportMac';
import { deriveAcknowledgementKey, deriveReportKey } from '../../../src/domain/pullCheck/reportKey.js';

/** A report or an acknowledgement that has passed by a proxy. */
interface PassedReport {
  /** Its key, as the app derives it. */
  readonly key: string;
  /** Whether this key has made the MAC. */
  readonly isProven: boolean;
}

const REPORTED = /^\/api\/(pull-checks|promotions)\/([^/]+)(?:\/(\d+))?$/;

/** Each report and acknowledgement that has passed. @param dataFolder of the stack, with the app's server key */
export function reportsIn(exchanges: RecordingProxy['exchanges'], dataFolder: string): PassedReport[] {
  const [id = '', encoded = ''] = reportKeys(dataFolder).split(':');
  const serverKey = { id, secret: Buffer.from(encoded, 'base64url') };
  return exchanges.flatMap(({ path, authorization }) => {
    const [, route, operation = '', attempt] = REPORTED.exec(path) ?? [];
    if (route === undefined) return [];
    const mac = readReportMac(authorization);
    if (!mac) throw new Error(`${path} does not prove its key.`);
    const { expiresAt } = mac;
    const key =
      route === 'promotions'
        ? deriveAcknowledgementKey(serverKey, { operation, expiresAt })
        : deriveReportKey(serverKey, { operation, attempt: Number(attempt), expiresAt });
    return [{ key, isProven: isReportMac(mac, key, path) }];
  });
}
