import type { HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { ANSWER_CODES, AnswerCode } from '@connected-registry/protocol/answers/codes';
import { fieldIssues, helpFor, knownFields } from '@connected-registry/protocol/requests/fieldIssues';
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

/** @param consequence what became of the request, in a sentence. */
export function invalidRequest(
  errors: readonly FieldError[],
  consequence: string = 'Nothing was started.',
): HttpResponseInit {
  const names = [...new Set(errors.map((error) => error.field))].join(', ');
  return problem({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid.',
    detail: `Wrong: ${names}. ${consequence}`,
    errors,
  });
}

/** A sender may write any number of faults, and each is answered or logged with its fix, which is longer than it. */
const MAX_ERRORS = 50;

/** Longest field and message, in characters: both have names in them that the sender has chosen. */
const LONGEST_TEXT = 300;

/**
 * A schema's issues by field, the first ones. @param help how each field must look, by its name.
 * @param schema names the fields of each object, where objects of several levels share one `help`.
 */
export function fieldErrors(
  error: z.ZodError,
  help: Readonly<Record<string, string>>,
  schema?: z.ZodType,
): FieldError[] {
  const errors = fieldIssues(error).flatMap(({ code, path, message, input, keys }): FieldError[] => {
    if (keys)
      return keys.slice(0, MAX_ERRORS + 1).map((key) => ({
        field: shortened([...path, key].join('.')),
        message: 'is not a known field',
        fix: `Leave it out. Known fields: ${((schema && knownFields(schema, path)) ?? Object.keys(help)).join(', ')}.`,
      }));
    const missing = code === 'invalid_type' && input === undefined && path.length > 0;
    const known = helpFor(path, help);
    return [
      {
        field: shortened(path.join('.')) || 'body',
        message: missing ? 'is missing' : shortened(message),
        fix: known ? `It must be ${known.text}.` : 'Send a JSON object.',
      },
    ];
  });
  if (errors.length <= MAX_ERRORS) return errors;
  const more = { field: 'body', message: 'has more that is wrong', fix: 'Mend what is named here first.' };
  return [...errors.slice(0, MAX_ERRORS), more];
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** A request that reads, and names something wrong. */
export function invalidQuery(errors: readonly FieldError[]): HttpResponseInit {
  return invalidRequest(errors, 'Nothing was read.');
}
