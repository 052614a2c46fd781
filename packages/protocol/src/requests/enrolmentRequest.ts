import { z } from 'zod';
import { clientName, CLIENTS_FIELDS, MAX_CLIENTS } from './clientsRequest.js';

/** How long a join token may be used, in hours. */
export const JOIN_TOKEN_HOURS = { min: 1, default: 24, max: 168 } as const;

/** Maximum addresses and networks of one join token. */
const MAX_ADDRESSES = 10;

/**
 * The required form of each field: shown as the fix of an invalid request, and as the field's description in the API.
 */
export const ENROLMENT_FIELDS = {
  clients: `a list of 1 to ${MAX_CLIENTS} different clients {connectedRegistry, client, registry?, lifetimeHours?, addresses?, replace?}`,
  registry: CLIENTS_FIELDS.registry,
  connectedRegistry: CLIENTS_FIELDS.connectedRegistry,
  client: CLIENTS_FIELDS.client,
  lifetimeHours: `a whole number of hours from ${JOIN_TOKEN_HOURS.min} to ${JOIN_TOKEN_HOURS.max}; the default is ${JOIN_TOKEN_HOURS.default}`,
  addresses: `a list of 1 to ${MAX_ADDRESSES} IP addresses or networks such as 198.51.100.0/24, from which the token may be used; if absent, from anywhere`,
  replace:
    'true or false: with true, a client that has a device with keys of its own, a poller or a credential gets a token, too',
} as const;

/** `::ffff:192.0.2.1` names an IPv4 address, so that one address would have two spellings. */
const isPlain = (text: string): boolean => !/^::ffff:/i.test(text);

const addressForm = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const address = z
  .string('must be a text')
  .refine((text) => addressForm.safeParse(text).success, 'is not an IP address or a network')
  .refine(isPlain, 'is an IPv4 address in IPv6: write it as IPv4');

const lifetimeHours = z
  .int('must be a whole number')
  .min(JOIN_TOKEN_HOURS.min, `must be at least ${JOIN_TOKEN_HOURS.min}`)
  .max(JOIN_TOKEN_HOURS.max, `must be at most ${JOIN_TOKEN_HOURS.max}`)
  .describe(ENROLMENT_FIELDS.lifetimeHours)
  .optional();

const addresses = z
  .array(address, 'must be a list')
  .min(1, 'must have at least one address')
  .max(MAX_ADDRESSES, `must have at most ${MAX_ADDRESSES} addresses`)
  .describe(ENROLMENT_FIELDS.addresses)
  .optional();

const replace = z.boolean('must be true or false').describe(ENROLMENT_FIELDS.replace).optional();

/** A client for which a join token is issued. */
export const enrolmentRow = z
  .strictObject({ ...clientName.shape, lifetimeHours, addresses, replace })
  .describe('One client, for which a join token is issued.');
export type EnrolmentRow = z.infer<typeof enrolmentRow>;

const rowsOf = <Row extends z.ZodType>(row: Row) =>
  z
    .array(row, 'must be a list')
    .min(1, 'must name at least one client')
    .max(MAX_CLIENTS, `must name at most ${MAX_CLIENTS} clients`)
    .describe(ENROLMENT_FIELDS.clients);

/** Several clients. `lifetimeHours` and `addresses` apply to those that have none themselves. */
export const enrolmentRows = z.strictObject({ clients: rowsOf(enrolmentRow), lifetimeHours, addresses });

/** The same without a look into the rows, so that the faults of rows are named apart from the others. */
export const enrolmentHead = z.strictObject({ clients: rowsOf(z.unknown()), lifetimeHours, addresses });
export type EnrolmentHead = z.infer<typeof enrolmentHead>;

/** Body of `POST /api/enrolments`: one client, or several. */
export const enrolmentBody = z.union([enrolmentRow, enrolmentRows]);
