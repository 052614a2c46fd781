import { z } from 'zod';
import { valueAt } from './advancedFilters.js';

const name = z.string().min(1);

/** Additional headers of a delivery (Azure docs: event-grid delivery-properties): at most ten. */
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

/** Replaces secret values in answers (recorded). */
const HIDDEN = 'Hidden';

/** @param withSecrets true for the answer of a PUT, and for `getDeliveryAttributes` */
export function shownAttributes(attributes: readonly DeliveryAttribute[], withSecrets: boolean): unknown[] {
  return attributes.map((one) =>
    one.type === 'Static' && one.properties.isSecret && !withSecrets
      ? { ...one, properties: { ...one.properties, value: HIDDEN } }
      : one,
  );
}

/** The headers of one event's delivery. A header whose source field is missing is omitted. */
export function attributeHeaders(attributes: readonly DeliveryAttribute[], event: object): Record<string, string> {
  return Object.fromEntries(
    attributes.flatMap((one): [string, string][] => {
      const value = one.type === 'Static' ? one.properties.value : valueAt(event, one.properties.sourceField);
      if (typeof value === 'string') return [[one.name, value]];
      return typeof value === 'number' || typeof value === 'boolean' ? [[one.name, String(value)]] : [];
    }),
  );
}
