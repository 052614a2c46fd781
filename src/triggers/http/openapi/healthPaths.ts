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

/** The route that tells whether the app may do what it needs. */
export const healthPaths = {
  '/health': {
    get: {
      operationId: 'getHealth',
      tags: ['operations'],
      summary: "Tries the rights of the app's identity",
      description:
        'Each right by a read that changes nothing: four of each registry, two of the vault, one of each hub. Rights to write are `unknown`, since nothing is written to find out.',
      responses: {
        '200': answer('What was found.', 'HealthAnswer', { faulty: FAULTY }),
        ...BY_OPERATORS,
        ...problemAnswers(['unavailable']),
      },
    },
  },
};
