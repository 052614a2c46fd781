import type { HttpResponseInit } from '@azure/functions';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { NOT_STORED } from '../answers/notStored.js';
import { problem, problemBody, type Details } from '../answers/problem.js';
import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

/** What one client of a request got. */
export type EnrolmentPart = ClientReference & { readonly key: string } & (
    { readonly joinToken: string; readonly expiresAt: string } | { readonly problem: ProblemDetails }
  );

const UNCONFIRMED: Details = {
  status: 503,
  code: 'engine-slow',
  title: 'The join token could not be confirmed.',
  detail:
    'The client did not show in time that it keeps the hash of the token, so the token is not shown. Send the same request again: the new token replaces this one.',
};

/** The part of a client whose token may be open, or not: nobody gets to know it. */
export function unconfirmedPart(): { readonly problem: ProblemDetails } {
  return { problem: problemBody(UNCONFIRMED) };
}

/** Builds the answer with the tokens that are open. If none is, nothing was issued that anybody can use. */
export function issuedAnswer(enrolments: readonly EnrolmentPart[]): HttpResponseInit {
  if (enrolments.every((part) => 'problem' in part)) return problem(UNCONFIRMED, { 'retry-after': '5' });
  return { status: 201, headers: NOT_STORED, jsonBody: { enrolments } satisfies IssuedEnrolments };
}

/** Builds the 503 answer to a device whose request may have been carried out, or not. */
export function notConfirmed(what: 'redemption' | 'renewal'): HttpResponseInit {
  return problem(
    {
      status: 503,
      code: 'engine-slow',
      title: `The ${what} could not be confirmed.`,
      detail: 'The client has not recorded it yet. Send the same keys again, signed anew, until it is confirmed.',
    },
    { 'retry-after': '5' },
  );
}
