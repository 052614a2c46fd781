import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { problem } from './problem.js';

/** What a device sends to be admitted: the key that came with an event, and the expiry that the key is for. */
export interface DeviceKey {
  readonly keyId: string;
  readonly reportKey: string;
  /** As the body has it. */
  readonly expiresAt: string;
}

const withExpiry = z.looseObject({ expiresAt: z.string() });

/** Undefined when the request has no such key, or its body no expiry. @param value the body, parsed from JSON. */
export function deviceKey(request: HttpRequest, value: unknown): DeviceKey | undefined {
  const credentials = /^PullCheck ([^:\s]+):([^:\s]+)$/.exec(request.headers.get('authorization') ?? '');
  const expiry = withExpiry.safeParse(value);
  const [, keyId, reportKey] = credentials ?? [];
  return keyId && reportKey && expiry.success ? { keyId, reportKey, expiresAt: expiry.data.expiresAt } : undefined;
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
