import type { offboardingBody, revocationBody } from '@connected-registry/protocol/requests/clientsRequest';
import type { enrolmentRow, enrolmentRows } from '@connected-registry/protocol/requests/enrolmentRequest';
import type { clientsQuery, operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import type { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import type { rolloutCsvQuery } from '@connected-registry/protocol/requests/rolloutCsvOptions';
import type { rolloutClientsQuery } from '@connected-registry/protocol/requests/rolloutQueries';
import type { rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import type { rotationBody } from '@connected-registry/protocol/requests/rotationRequest';
import type { scheduleQuery } from '@connected-registry/protocol/requests/scheduleQuery';
import type { z } from 'zod';
import type { QueryValue } from './api.js';

/*
 * What requests have, from the app's own schemas. Types only: commands name them where they put a request together
 * (`present<...>`).
 */

/**
 * JSON whose fields have the API's names and types, as far as they are given; or what a file has, which the app alone
 * judges.
 */
export type JsonRequest<Fields> = { readonly json: Partial<Fields> } | { readonly fromFile: unknown };

/** Parameters by their names. Their values become texts in the address, which the app judges. */
type Parameters<Schema extends z.ZodType> = { readonly [Name in keyof z.input<Schema>]?: QueryValue };

export type OnboardingFields = z.input<typeof onboardingBody>;
export type RotationFields = z.input<typeof rotationBody>;
export type TakingAwayFields = z.input<typeof offboardingBody> & z.input<typeof revocationBody>;
export type EnrolmentFields = z.input<typeof enrolmentRows>;
export type EnrolmentRowFields = z.input<typeof enrolmentRow>;
export type RolloutFields = z.input<typeof rolloutBody>;
export type RolloutCsvQuery = Parameters<typeof rolloutCsvQuery>;

export type ClientsQuery = z.input<typeof clientsQuery>;
export type OperationsQuery = z.input<typeof operationsQuery>;
export type RolloutClientsQuery = z.input<typeof rolloutClientsQuery>;
export type ScheduleQuery = Parameters<typeof scheduleQuery>;
