import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { expiryOfKey } from '../../../domain/pullCheck/reportKey.js';
import { jsonBody, type JsonBody } from './jsonBody.js';
import { problem } from '../answers/problem.js';

/** What authenticates a device's message: the key from an event, and the key's expiry (ISO 8601). */
export interface DeviceKey {
  readonly keyId: string;
  readonly reportKey: string;
  readonly expiresAt: string;
}

/** Maximum bytes of a device's message. */
const MAX_BYTES = 4096;

/** Reads the key in a request's header; undefined if there is none. The key is not verified yet. */
export function deviceKey(request: Pick<HttpRequest, 'headers'>): DeviceKey | undefined {
  const credentials = /^PullCheck ([^:\s]+):([^:\s]+)$/.exec(request.headers.get('authorization') ?? '');
  const [, keyId, reportKey] = credentials ?? [];
  const expiresAt = reportKey && expiryOfKey(reportKey);
  return keyId && reportKey && expiresAt ? { keyId, reportKey, expiresAt } : undefined;
}

const withExpiry = z.looseObject({ expiresAt: z.string() });

/** Reads the body of a request whose key was verified. Refuses a body with another expiry than the key's. */
export async function deviceBody(request: HttpRequest, { expiresAt }: DeviceKey): Promise<JsonBody> {
  const body = await jsonBody(request, MAX_BYTES);
  if ('refusal' in body) return body;
  const given = withExpiry.safeParse(body.value);
  return given.success && given.data.expiresAt !== expiresAt ? { refusal: wrongDeviceKey() } : body;
}

/** Builds the 401 answer to a message without a valid key. */
export function wrongDeviceKey(): HttpResponseInit {
  return problem(
    {
      status: 401,
      code: 'report-key',
      title: 'The report key is not valid for this address.',
      detail:
        'Send Authorization: PullCheck {keyId}:{reportKey} and expiresAt exactly as in the event, to the address in the event.',
    },
    { 'www-authenticate': 'PullCheck' },
  );
}
