import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import {
  isReportBody,
  readReportMac,
  REPORT_MAC_SCHEME,
  type UnverifiedReportMac,
} from '@connected-registry/protocol/messages/reportMac';
import { expiryOfKey } from '../../../domain/pullCheck/reportKey.js';
import { boundedBody } from './boundedBody.js';
import { bodyTooLarge, parsedBody, type JsonBody } from './jsonBody.js';
import { problem } from '../answers/problem.js';

/** The key from an event in clear, with the expiry (ISO 8601) that it holds. */
interface KeyInClear {
  readonly keyId: string;
  readonly reportKey: string;
  readonly expiresAt: string;
}

/** What authenticates a device's message: a MAC by the key from an event, or that key itself. */
export type DeviceCredential = UnverifiedReportMac | KeyInClear;

/** Whether the device has sent its key, which whoever ends TLS on the way has read. */
export function isInClear(credential: DeviceCredential): credential is KeyInClear {
  return 'reportKey' in credential;
}

/** Maximum bytes of a device's message. */
const MAX_BYTES = 4096;

/** The scheme of a key in clear. */
const KEY_SCHEME = 'PullCheck';

/** Reads what is in a request's header; undefined if there is none of both forms. Nothing is verified yet. */
export function deviceCredential(request: Pick<HttpRequest, 'headers'>): DeviceCredential | undefined {
  const authorization = request.headers.get('authorization');
  return readReportMac(authorization) ?? keyInClear(authorization);
}

function keyInClear(authorization: string | null): KeyInClear | undefined {
  const [, keyId, reportKey] = /^PullCheck ([^:\s]+):([^:\s]+)$/.exec(authorization ?? '') ?? [];
  const expiresAt = reportKey && expiryOfKey(reportKey);
  return keyId && reportKey && expiresAt ? { keyId, reportKey, expiresAt } : undefined;
}

const withExpiry = z.looseObject({ expiresAt: z.string() });

/**
 * Reads the body of a request whose credential was verified. Refuses a body that the MAC does not cover, and one with
 * another expiry than the credential's.
 */
export async function deviceBody(request: HttpRequest, credential: DeviceCredential): Promise<JsonBody> {
  const read = await boundedBody(request, MAX_BYTES);
  if ('tooLarge' in read) return { refusal: bodyTooLarge(MAX_BYTES) };
  if (!isInClear(credential) && !isReportBody(credential, read.bytes)) return { refusal: wrongDeviceKey() };
  const body = parsedBody(read.bytes);
  if ('refusal' in body) return body;
  const given = withExpiry.safeParse(body.value);
  return given.success && given.data.expiresAt !== credential.expiresAt ? { refusal: wrongDeviceKey() } : body;
}

/** Builds the 401 answer to a message without a valid key. */
export function wrongDeviceKey(): HttpResponseInit {
  return problem(
    {
      status: 401,
      code: 'report-key',
      title: 'The report key is not valid for this address and body.',
      detail:
        'Send Authorization: PullCheckMac with a MAC by the report key over address, expiresAt and body, and expiresAt exactly as in the event, to the address in the event.',
    },
    { 'www-authenticate': `${REPORT_MAC_SCHEME}, ${KEY_SCHEME}` },
  );
}

/** Builds the 401 answer to a valid key in clear, of a client whose device can do better. */
export function macRequired(): HttpResponseInit {
  return problem(
    {
      status: 401,
      code: 'report-mac-required',
      title: 'The report carries its key.',
      detail:
        'The device of this client has keys of its own (it has joined, or its IoT hub vouches for it), so its reports prove the report key by Authorization: PullCheckMac and do not carry it. Update the agent.',
    },
    { 'www-authenticate': REPORT_MAC_SCHEME },
  );
}
