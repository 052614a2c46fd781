import { ANSWER_CODES, type AnswerCode } from '@connected-registry/protocol/answers/codes';
import { schemaReference, type SchemaName } from './componentSchemas.js';
import { PROBLEM_EXAMPLES } from './problemExamples.js';

/** Examples of one body, by name. */
export type Examples = Readonly<Record<string, unknown>>;

const HEADERS = {
  Location: {
    description: 'the operation to look at, relative to the address that was called',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  },
  /** Where none may have been started. */
  'Location?': {
    description: 'the operation to look at, relative to the address that was called; absent where none was started',
    schema: { type: 'string', format: 'uri-reference' },
  },
  'Retry-After': { description: 'seconds to wait before asking again', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'the scheme that is asked for', required: true, schema: { type: 'string' } },
} as const;
export type HeaderName = keyof typeof HEADERS;

function headers(names: readonly HeaderName[]): object {
  return names.length === 0
    ? {}
    : { headers: Object.fromEntries(names.map((name) => [name.replace('?', ''), HEADERS[name]])) };
}

/** One body as OpenAPI has it: its schema and its examples. */
export function jsonContent(name: SchemaName, examples: Examples): object {
  return { 'application/json': { schema: schemaReference(name), ...named(examples) } };
}

function named(examples: Examples): object {
  const entries = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) };
}

/** An answer that is no problem. */
export function answer(
  description: string,
  name: SchemaName,
  examples: Examples,
  withHeaders: readonly HeaderName[] = [],
): object {
  return { description, ...headers(withHeaders), content: jsonContent(name, examples) };
}

/** The answers that are problems, by status; each says which codes it may have, and what they mean. */
export function problemAnswers(codes: readonly AnswerCode[]): Record<string, object> {
  const byStatus = new Map<number, AnswerCode[]>();
  for (const code of codes)
    for (const status of ANSWER_CODES[code].statuses) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  return Object.fromEntries([...byStatus].map(([status, its]) => [String(status), problemAnswer(status, its)]));
}

/** 401 for operators: with function keys the host says so, without a body; with Entra the app does. */
export function notAuthenticated(): object {
  return {
    ...problemAnswer(401, ['not-authenticated']),
    description:
      'With function keys: the key is missing or wrong, and the Functions host says so, without a body. With Entra: `not-authenticated`, no access token of Entra came along.',
    headers: { 'WWW-Authenticate': { ...HEADERS['WWW-Authenticate'], required: false } },
  };
}

function problemAnswer(status: number, codes: readonly AnswerCode[]): object {
  const members = codes.flatMap((code) => memberOf(code) ?? []);
  const examples = Object.fromEntries(
    codes.flatMap((code) => {
      const example = PROBLEM_EXAMPLES[code];
      return example ? [[code, example]] : [];
    }),
  );
  const schema = {
    allOf: [
      schemaReference('ProblemDetails'),
      {
        properties: { status: { const: status }, code: { enum: codes } },
        // Where one status has several codes, they share no member.
        ...(codes.length === 1 && members.length > 0 ? { required: members } : {}),
      },
    ],
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${ANSWER_CODES[code].meaning}.`).join('\n\n'),
    ...headers(headersOf(status, codes)),
    content: { 'application/problem+json': { schema, ...named(examples) } },
  };
}

function memberOf(code: AnswerCode): string | undefined {
  const entry = ANSWER_CODES[code];
  return 'member' in entry ? entry.member : undefined;
}

function headersOf(status: number, codes: readonly AnswerCode[]): HeaderName[] {
  if (status === 503 || status === 429) return ['Retry-After'];
  if (codes.includes('another-run')) return ['Location'];
  if (codes.includes('not-authenticated')) return ['WWW-Authenticate'];
  return codes.includes('report-key') ? ['WWW-Authenticate'] : [];
}
