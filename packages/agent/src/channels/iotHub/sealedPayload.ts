import { z } from 'zod';
import type { HubDevice, Opening, SealedPayload } from '../../joined/hub/hubDevice.js';
import { errorName } from '../../pullFailure.js';

/**
 * Maximum characters of a sealed text. The hub's own limit for a method is 128 KB (Azure docs:
 * iot-hub-devguide-direct-methods).
 */
const MAX_SEALED = 98_304;

/** What a direct method carries to a device with keys of its own. Nothing beside it is read. */
export const sealedPayload = z.strictObject({
  message: z.string().min(1).max(MAX_SEALED),
  secret: z.string().min(1).max(MAX_SEALED).optional(),
});

/** Opens what came by the hub. An unexpected failure is one that may pass. Never rejects. */
export async function openPayload(device: Pick<HubDevice, 'open'>, payload: SealedPayload): Promise<Opening> {
  try {
    return await device.open(payload);
  } catch (error) {
    return { problem: `unexpected ${errorName(error)}`, lasting: false };
  }
}
