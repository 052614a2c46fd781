import { expect, test } from 'vitest';
import { OPERATION_KINDS, operationStatus } from '@connected-registry/protocol/answers/answers';
import { CLIENT_STATES } from '@connected-registry/protocol/answers/clientAnswers';
import { ROLLOUT_ROW_STATES } from '@connected-registry/protocol/answers/rolloutAnswers';
import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { PRINCIPAL_TYPES } from '@connected-registry/protocol/requests/deviceIdentity';
import { ROLLOUT_KINDS, rolloutSelection } from '@connected-registry/protocol/requests/rolloutRequest';
import * as choices from '../src/commands/shared/choices.js';

test('the words that options take are those of the API', () => {
  expect(choices).toMatchObject({
    CLIENT_STATES,
    OPERATION_KINDS,
    OPERATION_STATUSES: operationStatus.options,
    ROLLOUT_KINDS,
    ROLLOUT_ROW_STATES,
    SELECTION_FIELDS: Object.keys(rolloutSelection.shape),
    SLOT_NAMES,
    PRINCIPAL_TYPES,
  });
});
