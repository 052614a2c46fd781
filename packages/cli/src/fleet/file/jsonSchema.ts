import { z } from 'zod';
import { fleetFile } from './fleetSchema.js';

/** The JSON Schema of fleet files, for editors: docs/fleet.schema.json, which `npm run fleet-schema` writes. */
export function fleetJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(fleetFile, {
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { $schema, title: 'Fleet of connected-registry onboarding', ...schema };
}
