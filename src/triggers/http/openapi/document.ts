import { componentSchemas } from './componentSchemas.js';
import { paths } from './paths.js';

/** As in package.json. */
const VERSION = '0.1.0';

/** The OpenAPI 3.1 document of all routes. Made anew at each call, from the schemas that the app works with. */
export function openApiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Connected-registry onboarding',
      version: VERSION,
      summary: 'Onboards clients of Azure Container Registry connected registries, and proves it with a real pull.',
      description:
        'Times are ISO 8601, UTC. A problem has a stable `code`, which docs/errors.md explains; later versions may add codes, and fields to answers, so take an unknown code for its status and leave unknown fields aside. The Functions host itself answers a missing or wrong function key with 401, and an unknown path or a wrong method with 404, both without a body.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    tags: [
      { name: 'onboarding', description: 'what operators ask for' },
      { name: 'rotation', description: 'new passwords for clients, before the old ones end' },
      { name: 'inventory', description: 'how clients stand' },
      { name: 'operations', description: 'the runs that do it' },
      { name: 'devices', description: 'what devices send' },
      { name: 'document' },
    ],
    security: [{ functionKey: [] }, { functionKeyQuery: [] }, { entra: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key', description: "a key of the app's host" },
        functionKeyQuery: {
          type: 'apiKey',
          in: 'query',
          name: 'code',
          description: 'the same key; addresses are logged by many, so prefer the header',
        },
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'where the app is set to it (OPERATOR_AUTH entra), in place of the key: an access token of Entra',
        },
        pullCheckKey: {
          type: 'http',
          scheme: 'PullCheck',
          description: '`Authorization: PullCheck {keyId}:{reportKey}`, both from the event that asked for the pull',
        },
      },
    },
  };
}
