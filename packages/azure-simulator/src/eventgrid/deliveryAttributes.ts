import { z } from 'zod';
import { valueAt } from './advancedFilters.js';

const name = z.string().min(1);

/** Headers that a delivery has beside the event (Azure docs: event-grid delivery-properties): ten of them at most. */
export const deliveryAttributes = z
  .array(
    z.discriminatedUnion('type', [
      z.object({
        name,
        type: z.literal('Static'),
        properties: z.object({ value: z.string(), isSecret: z.boolean().default(false) }),
      }),
      z.object({ name, type: z.literal('Dynamic'), properties: z.object({ sourceField: z.string().min(1) }) }),
    ]),
  )
  .max(10);
export type DeliveryAttribute = z.output<typeof deliveryAttributes>[number];

/** What stands in an answer where a secret value is (recorded). */
const HIDDEN = 'Hidden';

/** @param withSecrets as a PUT's answer shows them, and `getDeliveryAttributes` */
export function shownAttributes(attributes: readonly DeliveryAttribute[], withSecrets: boolean): unknown[] {
  return attributes.map((one) =>
    one.type === 'Static' && one.properties.isSecret && !withSecrets
      ? { ...one, properties: { ...one.properties, value: HIDDEN } }
      : one,
  );
}

/** The headers of one event's delivery; one whose source field is not there is left out. */
export function attributeHeaders(attributes: readonly DeliveryAttribute[], event: object): Record<string, string> {
  return Object.fromEntries(
    attributes.flatMap((one): [string, string][] => {
      const value = one.type === 'Static' ? one.properties.value : valueAt(event, one.properties.sourceField);
      if (typeof value === 'string') return [[one.name, value]];
      return typeof value === 'number' || typeof value === 'boolean' ? [[one.name, String(value)]] : [];
    }),
  );
}
