import type { HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { ANSWER_CODES, AnswerCode } from '@connected-registry/protocol/answers/codes';
import { fieldIssues, helpFor, knownFields } from '@connected-registry/protocol/requests/fieldIssues';
import type { FieldError, ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

type Answers = typeof ANSWER_CODES;

/** A problem's fields. Each code allows only its own statuses. */
export type Details = {
  [Code in AnswerCode]: Omit<ProblemDetails, 'type' | 'code' | 'status'> & {
    readonly code: Code;
    readonly status: Answers[Code]['statuses'][number];
  };
}[AnswerCode];

/** The problem's type: a URN that cannot be opened, since docs/errors.md has no fixed address. */
export function problemType(code: AnswerCode): string {
  return `urn:connected-registry-onboarding:problem:${code}`;
}

/** Builds a problem body by RFC 9457. It never contains a stack or a text of the engine. */
export function problemBody(details: Details): ProblemDetails {
  return { type: problemType(details.code), ...details };
}

/** Builds an answer with a problem. */
export function problem(details: Details, headers: Record<string, string> = {}): HttpResponseInit {
  return {
    status: details.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(problemBody(details)),
  };
}

/** Builds the answer to an invalid request. @param consequence a sentence about what was not done */
export function invalidRequest(
  errors: readonly FieldError[],
  consequence: string = 'Nothing was started.',
): HttpResponseInit {
  const names = [...new Set(errors.map((error) => error.field))].join(', ');
  return problem({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid.',
    detail: `Invalid: ${names}. ${consequence}`,
    errors,
  });
}

/** Maximum errors in an answer or a log line, since a request may contain any number. */
const MAX_ERRORS = 50;

/** Maximum characters of a field and a message, since both contain names that the sender chose. */
const MAX_TEXT_CHARACTERS = 300;

/**
 * Converts a schema's issues to field errors, at most {@link MAX_ERRORS}.
 * @param help rule of each field, by name
 * @param schema lists the known fields of each object, if objects of several levels share one `help`
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
        fix: `Omit it. Known fields: ${((schema && knownFields(schema, path)) ?? Object.keys(help)).join(', ')}.`,
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
  const more = { field: 'body', message: 'has more errors', fix: 'Correct these errors first.' };
  return [...errors.slice(0, MAX_ERRORS), more];
}

function shortened(text: string): string {
  return text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;
}

/** Builds the answer to an invalid GET request. */
export function invalidQuery(errors: readonly FieldError[]): HttpResponseInit {
  return invalidRequest(errors, 'Nothing was read.');
}

/** Builds the answer to a request over a rate limit. @param seconds until the same request may pass */
export function tooManyRequests(seconds: number): HttpResponseInit {
  return problem(
    {
      status: 429,
      code: 'too-many-requests',
      title: 'Too many requests.',
      detail: `Send the request again in ${seconds} s.`,
    },
    { 'retry-after': String(seconds) },
  );
}
