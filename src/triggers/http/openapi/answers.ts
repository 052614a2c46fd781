import { ANSWER_CODES, type AnswerCode } from '@connected-registry/protocol/answers/codes';
import { schemaReference, type SchemaName } from './componentSchemas.js';
import { PROBLEM_EXAMPLES } from './problemExamples.js';

/** Examples of one body, by name. */
type Examples = Readonly<Record<string, unknown>>;

const HEADERS = {
  Location: {
    description: 'address of the operation or rollout, relative to the called address',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  },
  /** For answers that may have started no operation. */
  'Location?': {
    description: 'address of the operation, relative to the called address; absent if none was started',
    schema: { type: 'string', format: 'uri-reference' },
  },
  'Retry-After': { description: 'seconds to wait before the next request', schema: { type: 'integer', minimum: 0 } },
  'Cache-Control': { description: 'the answer is not to be stored', required: true, schema: { const: 'no-store' } },
  ETag: { description: 'for `If-None-Match` of the next request', required: true, schema: { type: 'string' } },
  Age: {
    description: 'seconds since the clients were read, also in a 304 answer',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': { description: 'the required authentication scheme', required: true, schema: { type: 'string' } },
} as const;
type HeaderName = keyof typeof HEADERS;

/** The headers of an answer. */
export function headers(names: readonly HeaderName[]): object {
  return names.length === 0
    ? {}
    : { headers: Object.fromEntries(names.map((name) => [name.replace('?', ''), HEADERS[name]])) };
}

/** Content of a JSON body: its schema and its examples. */
export function jsonContent(name: SchemaName, examples: Examples): object {
  return { 'application/json': { schema: schemaReference(name), ...named(examples) } };
}

function named(examples: Examples): object {
  const entries = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return entries.length === 0 ? {} : { examples: Object.fromEntries(entries) };
}

/** A successful answer. */
export function answer(
  description: string,
  name: SchemaName,
  examples: Examples,
  withHeaders: readonly HeaderName[] = [],
): object {
  return { description, ...headers(withHeaders), content: jsonContent(name, examples) };
}

/** The answer to a caller who has what an ETag stands for. */
export function notModified(withHeaders: readonly HeaderName[] = []): object {
  return {
    '304': {
      description: 'Nothing has changed: the ETag is in `If-None-Match`.',
      ...headers(['ETag', ...withHeaders]),
    },
  };
}

/**
 * Problem answers by status, with the codes that each may have and their meanings.
 * @param without statuses that a route does not answer, of codes that have several
 */
export function problemAnswers(codes: readonly AnswerCode[], without: readonly number[] = []): Record<string, object> {
  const byStatus = new Map<number, AnswerCode[]>();
  for (const code of codes)
    for (const status of ANSWER_CODES[code].statuses)
      if (!without.includes(status)) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [String(status), problemAnswer(status, ofStatus)]),
  );
}

/** The 401 answer to operators: from the host, without a body, with function keys; from the app with Entra. */
export function notAuthenticated(): object {
  return {
    ...problemAnswer(401, ['not-authenticated']),
    description:
      'With function keys: the key is missing or wrong; the Functions host answers without a body. With Entra: `not-authenticated`, the request has no Entra access token.',
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
        // Several codes of one status have no common member.
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
  const asks: readonly AnswerCode[] = [
    'not-authenticated',
    'report-key',
    'report-mac-required',
    'device-signature',
    'device-request-replayed',
  ];
  return codes.some((code) => asks.includes(code)) ? ['WWW-Authenticate'] : [];
}
