import { z } from 'zod';
import { OPERATION_KINDS, operationStatus } from '../answers/answers.js';
import { CLIENT_STATES } from '../answers/clientAnswers.js';
import { UNMANAGED } from '../answers/unmanagedAnswers.js';
import { FAILURE_CODES } from '../answers/codes.js';
import { NAME_RULES } from '../names/names.js';
import { ONBOARDING_FIELDS } from './onboardingRequest.js';

/** The required form of each parameter: shown as the fix of an invalid request, and as its description in the API. */
const SHARED_FIELDS = {
  registry: ONBOARDING_FIELDS.registry,
  connectedRegistry: ONBOARDING_FIELDS.connectedRegistry,
  client: ONBOARDING_FIELDS.client,
  top: 'maximum number of items: 1 to 100, 50 by default',
  continuation: 'what the page before gave, with the same filters',
} as const;

/** The states of clients, without what is no client's. */
export const MANAGED_STATE = `one of ${CLIENT_STATES.join(', ')}`;

export const CLIENTS_QUERY_FIELDS = {
  ...SHARED_FIELDS,
  state: `${MANAGED_STATE}; or ${UNMANAGED}, which lists tokens that belong to no client and goes with registry and connectedRegistry only`,
  expiresBefore: 'an instant, ISO 8601 with time zone: 2026-03-01T12:00:00Z',
  reach: 'true or false; true adds how each device is reached, which costs one more read for each client',
} as const;

export const OPERATIONS_QUERY_FIELDS = {
  ...SHARED_FIELDS,
  kind: `one of ${OPERATION_KINDS.join(', ')}`,
  status: `one of ${operationStatus.options.join(', ')}, or several with commas between: failed,rolledBack`,
  code: 'a code of failed operations, or several with commas between: pull-check-deadline,sync-overdue; only where a header, and not this parameter, has the function key',
  since: 'an instant, ISO 8601 with time zone: runs that ended then or later, or have not ended',
  createdAfter: 'an instant, ISO 8601 with time zone: 2026-03-01T12:00:00Z',
  createdBefore: 'an instant, ISO 8601 with time zone: 2026-03-02T12:00:00Z',
} as const;

type FieldName = keyof typeof CLIENTS_QUERY_FIELDS | keyof typeof OPERATIONS_QUERY_FIELDS;
const FIELDS: Readonly<Record<FieldName, string>> = { ...CLIENTS_QUERY_FIELDS, ...OPERATIONS_QUERY_FIELDS };

const named = (rule: RegExp, field: FieldName) =>
  z.string().regex(rule, 'is not a valid name').describe(FIELDS[field]).optional();
const instant = (field: FieldName) =>
  z.iso.datetime({ offset: true, error: 'is not an instant' }).describe(FIELDS[field]).optional();

/** One of several words, or more than one, separated by commas. */
function someOf<Word extends string>(words: readonly Word[], field: FieldName, error: string) {
  const word = `(?:${words.join('|')})`;
  return z
    .string()
    .regex(new RegExp(`^${word}(?:,${word})*$`), error)
    .describe(FIELDS[field])
    .transform((text) => words.filter((one) => text.split(',').includes(one)))
    .optional();
}

const shared = {
  registry: named(NAME_RULES.registry, 'registry'),
  connectedRegistry: named(NAME_RULES.connectedRegistry, 'connectedRegistry'),
  client: named(NAME_RULES.client, 'client'),
  top: z
    .string()
    .regex(/^(?:[1-9]\d?|100)$/, 'is not a number from 1 to 100')
    .describe(FIELDS.top)
    .default('50')
    .transform(Number),
  continuation: z.string().max(8192, 'is too long').describe(FIELDS.continuation).optional(),
};

/** What narrows a list of clients, whatever answers it. */
export const managedClientsQuery = z.strictObject({
  ...shared,
  state: z.enum(CLIENT_STATES, 'is not a known state').describe(MANAGED_STATE).optional(),
  expiresBefore: instant('expiresBefore'),
});

/** Parameters of `GET /api/clients`. */
export const clientsQuery = managedClientsQuery
  .extend({
    state: z
      .enum([...CLIENT_STATES, UNMANAGED], 'is not a known state')
      .describe(FIELDS.state)
      .optional(),
    reach: z.enum(['true', 'false'], 'is not true or false').describe(FIELDS.reach).optional(),
  })
  .check(({ value, issues }) => {
    if (value.state !== UNMANAGED) return;
    for (const field of ['client', 'expiresBefore', 'reach'] as const)
      if (value[field] !== undefined)
        issues.push({ code: 'custom', path: ['state'], input: value.state, message: `does not go with ${field}` });
  });

/** Parameters of `GET /api/operations`. */
export const operationsQuery = z.strictObject({
  ...shared,
  kind: z.enum(OPERATION_KINDS, 'is not a known kind').describe(FIELDS.kind).optional(),
  status: someOf(operationStatus.options, 'status', 'is not a known status'),
  code: someOf(FAILURE_CODES, 'code', 'is not a known code'),
  since: instant('since'),
  createdAfter: instant('createdAfter'),
  createdBefore: instant('createdBefore'),
});
export type OperationsQuery = z.infer<typeof operationsQuery>;
