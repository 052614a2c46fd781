import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { openApiDocument } from '../../../../src/triggers/http/openapi/document.js';

const content = z.record(
  z.string(),
  z.object({ schema: z.unknown(), examples: z.record(z.string(), z.object({ value: z.unknown() })).optional() }),
);
const response = z.object({
  headers: z.record(z.string(), z.object({ required: z.boolean().optional() })).optional(),
  content: content.optional(),
});
const method = z.object({
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), response),
});

/** The document as its readers get it: plain JSON. */
export const document: Record<string, unknown> = JSON.parse(JSON.stringify(openApiDocument()));

/** Every route of the document, as `POST onboardings`. */
export const routes: ReadonlyMap<string, z.infer<typeof method>> = new Map(
  Object.entries(z.record(z.string(), z.record(z.string(), z.unknown())).parse(document['paths'])).flatMap(
    ([path, item]) =>
      Object.entries(item)
        .filter(([key]) => key !== 'parameters')
        .map(([verb, route]) => [`${verb.toUpperCase()} ${path.slice(1)}`, method.parse(route)]),
  ),
);

/** Open to later fields for those who read it, but what today's app answers must be in it. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  return copy['type'] === 'object' && copy['properties'] ? { additionalProperties: false, ...copy } : copy;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
// The app sends instants in UTC only.
ajv.addFormat('date-time', (text) => z.iso.datetime().safeParse(text).success);
ajv.addFormat('uri', (text) => URL.canParse(text));
const components = closed(document['components']) as object;

const compiled = new Map<unknown, ValidateFunction>();

/** What is wrong with a value, by a schema of the document; nothing when it fits. */
export function misfits(schema: unknown, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile({ ...(closed(schema) as object), components });
  compiled.set(schema, validate);
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

export interface SeenAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: unknown;
}

/** Headers that every answer of the app has, as the document's description says. */
const IN_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** What is wrong with an answer of a route, by the document. */
export function answerMisfits(route: string, answer: SeenAnswer): string[] {
  const documented = routes.get(route)?.responses[String(answer.status)];
  if (!documented) return [`${route} is not said to answer ${answer.status}`];
  const type = answer.headers?.['content-type'] ?? 'application/json';
  const body = documented.content?.[type];
  if (!body) return [`${route} is not said to answer ${answer.status} with ${type}`];
  const names = Object.keys(answer.headers ?? {}).filter((name) => name !== 'content-type');
  const known = Object.entries(documented.headers ?? {}).map(([name, header]) => ({
    ...header,
    name: name.toLowerCase(),
  }));
  return [
    ...names
      .filter((name) => !Object.hasOwn(IN_EVERY_ANSWER, name) && !known.some((header) => header.name === name))
      .map((name) => `header ${name} is unknown`),
    ...Object.entries(IN_EVERY_ANSWER)
      .filter(([name, value]) => answer.headers?.[name] !== value)
      .map(([name]) => `header ${name} is not as in every answer`),
    ...known
      .filter((header) => header.required && !names.includes(header.name))
      .map(({ name }) => `header ${name} is missing`),
    ...misfits(body.schema, answer.body),
  ];
}
