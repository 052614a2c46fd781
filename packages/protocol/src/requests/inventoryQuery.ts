import { z } from 'zod';
import { CLIENTS_QUERY_FIELDS, MANAGED_STATE, managedClientsQuery } from './listQueries.js';

/** Maximum rows of one page of the inventory. */
export const MAX_INVENTORY_ROWS = 1000;

/** The required form of each parameter. */
export const INVENTORY_QUERY_FIELDS = {
  ...CLIENTS_QUERY_FIELDS,
  state: MANAGED_STATE,
  top: `maximum number of items: 1 to ${MAX_INVENTORY_ROWS}, which is the default`,
} as const;

/** Parameters of `GET /api/inventory`. */
export const inventoryQuery = managedClientsQuery.extend({
  top: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'is not a number from 1 to 1000')
    .describe(INVENTORY_QUERY_FIELDS.top)
    .default(String(MAX_INVENTORY_ROWS))
    .transform(Number),
});
export type InventoryQuery = z.infer<typeof inventoryQuery>;
