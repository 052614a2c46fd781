import type { HealthAnswer } from '@connected-registry/protocol/answers/healthAnswer';
import { answer, problemAnswers } from './answers.js';
import { REFERENCE } from './examples.js';
import { BY_OPERATORS } from './parameters.js';

const FAULTY: HealthAnswer = {
  state: 'faulty',
  rights: [
    { right: 'Microsoft.ContainerRegistry/registries/read', on: REFERENCE.registry, state: 'given' },
    {
      right: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
      on: 'myvault.vault.azure.net',
      state: 'missing',
      reason: 'read secret health-probe: 403 Forbidden',
      fix: 'Assign Key Vault Secrets Officer to the app on this vault (azd provision does it).',
    },
  ],
};

/** The route that reports whether the app has its rights. */
export const healthPaths = {
  '/health': {
    get: {
      operationId: 'getHealth',
      tags: ['operations'],
      summary: "Checks the rights of the app's identity",
      description:
        'Tries each right by a read: four for each registry, two for the vault, one for each hub. Rights to write are `unknown`, since the check writes nothing.',
      responses: {
        '200': answer('The rights.', 'HealthAnswer', { faulty: FAULTY }),
        ...BY_OPERATORS,
        ...problemAnswers(['unavailable']),
      },
    },
  },
};
