import type { AnswerCode } from '@connected-registry/protocol/answers/codes';
import { ONBOARDING_FIELDS } from '@connected-registry/protocol/requests/onboardingRequest';
import { problemType } from '../answers/problem.js';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';
import { OTHER_ROLLOUT_ID } from './rolloutExamples.js';
import { LATER_OPERATION_ID, OPERATION_ID } from './examples.js';

const example = (details: Omit<ProblemDetails, 'type'>): ProblemDetails => ({
  type: problemType(details.code),
  ...details,
});

/** Examples of the problems that have more fields than their code. */
export const PROBLEM_EXAMPLES: Readonly<Partial<Record<AnswerCode, ProblemDetails>>> = {
  'invalid-request': example({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid.',
    detail: 'Invalid: client. Nothing was started.',
    errors: [{ field: 'client', message: 'is missing', fix: `It must be ${ONBOARDING_FIELDS.client}.` }],
  }),
  'device-signature': example({
    status: 401,
    code: 'device-signature',
    title: 'The request is not signed by a device.',
    detail: "The signature's time differs from the app's by more than 300 s. Sign again by the time in now.",
    now: '2026-03-01T12:00:00.000Z',
  }),
  'device-request-replayed': example({
    status: 401,
    code: 'device-request-replayed',
    title: 'The request came before.',
    detail: 'The same request came before. Sign each request anew.',
    now: '2026-03-01T12:00:00.000Z',
  }),
  'enrolment-needs-replace': example({
    status: 409,
    code: 'enrolment-needs-replace',
    title: 'A client has a device or a credential.',
    detail:
      'A join token lets another device take over. Send replace: true for each such client, or leave it out. No join token was issued.',
    errors: [
      {
        field: 'clients.1.replace',
        message: 'is not true, and this client has a device with keys of its own',
        fix: 'To let another device join as this client, read its secret and end the key or the poller of the device before it, send replace: true.',
        row: 2,
      },
    ],
  }),
  'another-run': example({
    status: 409,
    code: 'another-run',
    title: 'Another run of this client is in progress.',
    detail: `Operation ${OPERATION_ID} (onboard) has not ended. Wait until it ends, then send the request again.`,
    running: OPERATION_ID,
  }),
  'already-ended': example({
    status: 409,
    code: 'already-ended',
    title: 'The operation has ended.',
    detail: 'It ended as completed; there is nothing to cancel.',
    operationStatus: 'completed',
  }),
  'client-in-rollout': example({
    status: 409,
    code: 'client-in-rollout',
    title: 'Clients are in another rollout.',
    detail: `A client can be in one rollout at a time. Wait until rollout ${OTHER_ROLLOUT_ID} has ended, or cancel it, or leave the clients out. Nothing was started.`,
    conflicts: [
      {
        row: 2,
        registry: 'myregistry',
        connectedRegistry: 'myconnectedregistry',
        client: 'sensor-8',
        rollout: OTHER_ROLLOUT_ID,
      },
    ],
  }),
  'rollout-status': example({
    status: 409,
    code: 'rollout-status',
    title: 'The command does not fit the status of the rollout.',
    detail: 'The rollout is completed. Only a running rollout can be paused.',
    rolloutStatus: 'completed',
  }),
  superseded: example({
    status: 410,
    code: 'superseded',
    title: 'A later run has replaced this operation.',
    detail: `The client's current operation is ${LATER_OPERATION_ID}.`,
    current: LATER_OPERATION_ID,
  }),
};
