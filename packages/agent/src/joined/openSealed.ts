import { thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { DeviceKeyStore } from './keys/deviceKeyStore.js';

/** What was sealed cannot be read by this device. The message says why, as text for the log. */
export class NotOpened extends Error {
  override name = 'NotOpened';
}

/**
 * Opens what the app has sealed to one of the device's keys.
 * @param sealed a JWE in compact serialization
 * @param openers pairs of keys that it may be sealed to
 * @throws NotOpened
 */
export async function openSealed(sealed: string, openers: readonly DeviceKeyStore[]): Promise<string> {
  const kid = await kidOf(sealed);
  for (const pair of openers) {
    if ((await thumbprintOf(pair.publicKeys.sealing)) !== kid) continue;
    return pair.open(sealed).catch(() => {
      throw new NotOpened('what was sealed cannot be opened: it was changed, or is for another key');
    });
  }
  throw new NotOpened("it is sealed to another key than the device's");
}

async function kidOf(sealed: string): Promise<string | undefined> {
  const { decodeProtectedHeader } = await import('jose');
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    throw new NotOpened('what was sealed is not a JWE');
  }
}
