import { z } from 'zod';
import { fleetFile } from './fleetSchema.js';

/** Names this version of the form wherever its schema is kept. */
const ID = 'urn:connected-registry-onboarding:schema:fleet-v1';

/**
 * The JSON Schema of fleet files, for editors: docs/fleet.schema.json, which `npm run fleet-schema` writes. It is of
 * draft 7, which the YAML language server knows best: of 2020-12 it checks only a part.
 */
export function fleetJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(fleetFile, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { $schema, $id: ID, title: 'Fleet of connected-registry onboarding', ...schema };
}
