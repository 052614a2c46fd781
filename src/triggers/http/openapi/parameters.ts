import { OPERATION_ID } from '@connected-registry/protocol/names/operationId';
import { notAuthenticated, problemAnswers } from './answers.js';
import * as examples from './examples.js';

/** Tools of other languages do not know named groups. */
const operationIdSchema = { type: 'string', pattern: OPERATION_ID.source.replaceAll(/\?<\w+>/g, '') };

export const idParameter = (name: string) => ({
  name,
  in: 'path',
  required: true,
  description: 'the id that the start of the run was answered with',
  schema: operationIdSchema,
  example: examples.OPERATION_ID,
});

/** To those who are no operators: the host's own answer where keys are asked for, else the app's. */
export const BY_OPERATORS = { '401': notAuthenticated(), ...problemAnswers(['not-an-operator']) };
