import type { HttpResponseInit } from '@azure/functions';
import { DEVICE_KEY_FIELDS, type DeviceKeys } from '@connected-registry/protocol/enrolment/deviceKeys';
import { deviceKeysBody } from '@connected-registry/protocol/enrolment/messages';
import { seal } from '@connected-registry/protocol/enrolment/sealing';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { fieldErrors, invalidRequest } from '../answers/problem.js';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';

/** Members of a JWK that are secret. Source: RFC 7518, sections 6.2.2, 6.3.2 and 6.4; RFC 8037, section 2. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

const NOT_ACCEPTED = 'The keys were not accepted.';

/**
 * Reads a device's keys from a body that the device has signed. No key of it is ever answered, logged or kept if it is
 * private.
 */
export async function readDeviceKeys(
  text: string,
): Promise<{ readonly keys: DeviceKeys } | { readonly refusal: HttpResponseInit }> {
  const value = parseJson(text);
  const leaked = privateMembers(value);
  if (leaked.length > 0) return { refusal: invalidKeys(leaked) };
  const parsed = deviceKeysBody.safeParse(value, { reportInput: true });
  if (!parsed.success) return { refusal: invalidKeys(fieldErrors(parsed.error, DEVICE_KEY_FIELDS, deviceKeysBody)) };
  const { signingKey: signing, sealingKey: sealing } = parsed.data;
  if (await canSealTo(sealing)) return { keys: { signing, sealing } };
  const fix = 'Make a new key pair, and send its public key.';
  return { refusal: invalidKeys([{ field: 'sealingKey', message: 'is no point of its curve', fix }]) };
}

/** Builds the answer to keys that are not accepted. */
export function invalidKeys(errors: readonly FieldError[]): HttpResponseInit {
  return invalidRequest(errors, NOT_ACCEPTED);
}

function privateMembers(value: unknown): FieldError[] {
  return ['signingKey', 'sealingKey'].flatMap((field) => {
    const key = ownValue(value, field);
    return PRIVATE_MEMBERS.filter((member) => ownValue(key, member) !== undefined).map((member) => ({
      field: `${field}.${member}`,
      message: 'is private',
      fix: 'Send the public members only. This key is not secret any more: make a new one.',
    }));
  });
}

function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A key to which nothing can be sealed would let the device join, and get nothing. */
async function canSealTo(key: DeviceKeys['sealing']): Promise<boolean> {
  try {
    await seal('', key);
    return true;
  } catch {
    return false;
  }
}
