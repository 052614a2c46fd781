import { reportKeys } from '@connected-registry/local-stack/stack/dataFolder';
import type { Exchange } from '@connected-registry/local-stack/stack/devices/recordingProxy';
import { isReportMac, readReportMac } from '@connected-registry/protocol/messages/reportMac';
import { deriveAcknowledgementKey, deriveReportKey } from '../../../src/domain/pullCheck/reportKey.js';
import type { TestStack } from '../harness/testStack.js';

const REPORTED = /^\/api\/(pull-checks|promotions)\/([^/]+)(?:\/(\d+))?$/;

/**
 * Each report and acknowledgement among recorded requests, with its key as the app derives it, and whether its MAC is
 * by this key.
 *
 * @throws if one does not prove its key
 */
export function provenReports(
  it: TestStack,
  exchanges: readonly Exchange[],
): { readonly key: string; readonly isProven: boolean }[] {
  const [id = '', encoded = ''] = reportKeys(it.stack.ground.dataFolder).split(':');
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
