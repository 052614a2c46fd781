import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { expiryOfKey } from '../../../domain/pullCheck/reportKey.js';
import { jsonBody, type JsonBody } from './jsonBody.js';
import { problem } from '../answers/problem.js';

/** What a device sends to be admitted: the key that came with an event, and the expiry that the key is for. */
export interface DeviceKey {
  readonly keyId: string;
  readonly reportKey: string;
  readonly expiresAt: string;
}

/** The longest message of a device, in bytes. */
const MAX_BYTES = 4096;

/** The key in a request's header; undefined when there is none. It is not verified yet. */
export function deviceKey(request: Pick<HttpRequest, 'headers'>): DeviceKey | undefined {
  const credentials = /^PullCheck ([^:\s]+):([^:\s]+)$/.exec(request.headers.get('authorization') ?? '');
  const [, keyId, reportKey] = credentials ?? [];
  const expiresAt = reportKey && expiryOfKey(reportKey);
  return keyId && reportKey && expiresAt ? { keyId, reportKey, expiresAt } : undefined;
}

const withExpiry = z.looseObject({ expiresAt: z.string() });

/** Reads the body of a request whose key was verified. One that names another expiry than the key's is refused. */
export async function deviceBody(request: HttpRequest, { expiresAt }: DeviceKey): Promise<JsonBody> {
  const body = await jsonBody(request, MAX_BYTES);
  if ('refusal' in body) return body;
  const given = withExpiry.safeParse(body.value);
  return given.success && given.data.expiresAt !== expiresAt ? { refusal: wrongDeviceKey() } : body;
}

export function wrongDeviceKey(): HttpResponseInit {
  return problem(
    {
      status: 401,
      code: 'report-key',
      title: 'The report key does not fit.',
      detail:
        'Send Authorization: PullCheck {keyId}:{reportKey} and expiresAt as the event gave them, to the address that the event names.',
    },
    { 'www-authenticate': 'PullCheck' },
  );
}
