import { z } from 'zod';

/** Maximum characters of a sealed text. The hub's own limit for a method is 128 KB (Azure docs: iot-hub-devguide-direct-methods). */
const MAX_SEALED = 98_304;

/** What a direct method carries to a device with keys of its own. Nothing beside it is read. */
export const sealedPayload = z.strictObject({
  message: z.string().min(1).max(MAX_SEALED),
  secret: z.string().min(1).max(MAX_SEALED).optional(),
});
