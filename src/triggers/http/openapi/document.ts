import { VERSION } from '@connected-registry/protocol/names/version';
import { componentSchemas } from './componentSchemas.js';
import { paths } from './paths.js';

/** Generates the OpenAPI 3.1 document of all routes from the app's own schemas. */
export function openApiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Connected-registry onboarding',
      version: VERSION,
      summary: 'Onboards clients of Azure Container Registry connected registries, and verifies each with a real pull.',
      description:
        'Times are ISO 8601, UTC. A problem has a stable `code`, which docs/errors.md explains. Later versions may add codes and fields: handle an unknown code by its status, and ignore unknown fields. The Functions host itself answers a missing or wrong function key with 401, and an unknown path or a wrong method with 404, both without a body. Every answer of the app has `Cache-Control: no-store` and `X-Content-Type-Options: nosniff`, and none lets pages of other sites read it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    tags: [
      { name: 'onboarding', description: 'requests of operators' },
      { name: 'enrolment', description: 'join tokens, with which devices without an Entra identity join' },
      { name: 'rotation', description: 'new passwords for clients, before the old ones expire' },
      { name: 'rollouts', description: 'the same work for many clients, in waves' },
      { name: 'inventory', description: 'state of clients' },
      { name: 'operations', description: 'runs and their results' },
      { name: 'devices', description: 'messages of devices' },
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
          description: 'the same key; prefer the header, since many systems log addresses',
        },
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'an Entra access token, in place of the key, if OPERATOR_AUTH is entra',
        },
        deviceSignature: {
          type: 'http',
          scheme: 'Device',
          description:
            '`Authorization: Device {JWS}`, by which a device signs method, path, body, time, a random value, and its pass or the proof of its join token',
        },
        pullCheckMac: {
          type: 'http',
          scheme: 'PullCheckMac',
          description:
            '`Authorization: PullCheckMac keyId="..", expiresAt="..", digest="..", mac=".."`: digest is the SHA-256 of the body, mac the HMAC-SHA-256 by the text of `reportKey` over the JSON array `["connected-registry report 1","POST",path,expiresAt,digest]` without spaces, both in lower-case hexadecimal; `keyId`, `reportKey` and `expiresAt` are from the event that requested the pull',
        },
        pullCheckKey: {
          type: 'http',
          scheme: 'PullCheck',
          description:
            '`Authorization: PullCheck {keyId}:{reportKey}`, both from the event that requested the pull. Refused for a client whose device has keys of its own (it has joined, or its IoT hub vouches for it): prefer the MAC, since a proxy that ends TLS reads the key',
        },
      },
    },
  };
}
