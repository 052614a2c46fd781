import { z } from 'zod';
import { OPERATION_ID } from '@connected-registry/protocol/names/operationId';
import { notAuthenticated, problemAnswers } from './answers.js';
import * as examples from './examples.js';

/** Without named groups, which tools in other languages may not support. */
const operationIdSchema = { type: 'string', pattern: OPERATION_ID.source.replaceAll(/\?<\w+>/g, '') };

/** A path parameter with an operation id. */
export const idParameter = (name: string) => ({
  name,
  in: 'path',
  required: true,
  description: 'the id from the answer that started the run',
  schema: operationIdSchema,
  example: examples.OPERATION_ID,
});

/** The answers to callers who are not operators: from the host with function keys, otherwise from the app. */
export const BY_OPERATORS = { '401': notAuthenticated(), ...problemAnswers(['not-an-operator']) };

/** The same for routes that change something: they also refuse what another site has made a browser send. */
export const BY_WRITING_OPERATORS = {
  ...BY_OPERATORS,
  ...problemAnswers(['not-an-operator', 'cross-site-request', 'unsupported-media-type']),
};

/** A query's parameters, from the schema that parses it. */
export function parametersOf(query: z.ZodType): object[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === 'object' ? property : {};
    if (schema.format === 'date-time') delete schema.pattern;
    return { name, in: 'query', description, schema };
  });
}
