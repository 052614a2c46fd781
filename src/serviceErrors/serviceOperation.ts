import type {
  CREDENTIAL_PROMOTED,
  PULL_CHECK_REQUESTED,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import type {
  ENROLMENT_REFUSED,
  ROLLOUT_COMPLETED,
  ROLLOUT_PAUSED,
  ROTATION_FAILED,
  ROTATIONS_STOPPED,
} from '@connected-registry/protocol/messages/operatorAlerts';

/** The types of the events that the app publishes. */
export type PublishedType =
  | typeof CREDENTIAL_PROMOTED
  | typeof PULL_CHECK_REQUESTED
  | typeof ROTATION_FAILED
  | typeof ROTATIONS_STOPPED
  | typeof ROLLOUT_PAUSED
  | typeof ROLLOUT_COMPLETED
  | typeof ENROLMENT_REFUSED;

/**
 * Operations on services; a resource's name follows each in messages. A closed list, so that no text from outside can
 * appear.
 */
export type ServiceOperation =
  | 'find registry'
  | 'get registry'
  | 'list connected registries of'
  | 'get connected registry'
  | 'update client tokens of connected registry'
  | 'get scope map'
  | 'create scope map'
  | 'update scope map'
  | 'delete scope map'
  | 'list scope maps of'
  | 'list tokens of'
  | 'list tokens of scope map'
  | 'get token'
  | 'create token'
  | 'change the scope map of token'
  | 'disable token'
  | 'enable token'
  | 'empty a password slot of token'
  | 'delete token'
  | 'generate a password for token'
  | 'fetch the password made for token'
  | 'read secret'
  | 'save secret'
  | 'recover secret'
  | 'list secrets of'
  | 'list versions of secret'
  | 'read deleted secret'
  | 'update tags of secret'
  | 'disable secret'
  | 'delete secret'
  | `${'read' | 'save' | 'disable' | 'delete'} a secret in vault`
  | `publish ${PublishedType} for`
  | 'read device'
  | 'change twin of'
  | 'read twin of'
  | `call method ${'pullCheckRequested' | 'credentialPromoted'} of`
  | 'list role assignments of vault'
  | 'get role assignment on secret'
  | 'create role assignment on secret'
  | 'delete role assignment on secret'
  | 'read permissions on vault'
  | 'count role assignments of the subscription of vault'
  | 'get access token for'
  | 'read the keys of';
