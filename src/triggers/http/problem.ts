import type { HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { ANSWER_CODES, AnswerCode } from '../../domain/codes.js';
import type { FieldError, ProblemDetails } from './problemDetails.js';

type Answers = typeof ANSWER_CODES;

/** A code goes with its own statuses only. */
export type Details = {
  [Code in AnswerCode]: Omit<ProblemDetails, 'type' | 'code' | 'status'> & {
    readonly code: Code;
    readonly status: Answers[Code]['statuses'][number];
  };
}[AnswerCode];

/** A URN, which leads nowhere, since docs/errors.md has no fixed address. */
export function problemType(code: AnswerCode): string {
  return `urn:connected-registry-onboarding:problem:${code}`;
}

/** A problem as RFC 9457 has it. Never holds a stack or a text of the engine's. */
export function problemBody(details: Details): ProblemDetails {
  return { type: problemType(details.code), ...details };
}

/** An answer that is one problem. */
export function problem(details: Details, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status: details.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(problemBody(details)),
  };
}

export function invalidRequest(errors: readonly FieldError[]): HttpResponseInit {
  const names = [...new Set(errors.map((error) => error.field))].join(', ');
  return problem({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid.',
    detail: `Wrong: ${names}. Nothing was started.`,
    errors,
  });
}

/** A schema's issues by field. @param help how each field must look, by its name. */
export function fieldErrors(error: z.ZodError, help: Readonly<Record<string, string>>): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        field: [...issue.path, key].join('.'),
        message: 'is not a known field',
        fix: `Leave it out. Known fields: ${Object.keys(help).join(', ')}.`,
      }));
    // The innermost field that has a rule of its own: an item of a list has none.
    const name = issue.path.findLast((part) => typeof part === 'string' && Object.hasOwn(help, part)) ?? 'body';
    const missing = issue.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0;
    return [
      {
        field: issue.path.join('.') || 'body',
        message: missing ? 'is missing' : issue.message,
        fix:
          typeof name === 'string' && Object.hasOwn(help, name) ? `It must be ${help[name]}.` : 'Send a JSON object.',
      },
    ];
  });
}
