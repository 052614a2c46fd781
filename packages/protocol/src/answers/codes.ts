/*
 * Every stable code that callers may see. The compiler allows no others, the OpenAPI document lists them, and
 * docs/errors.md explains them (a test compares the three).
 */

/** Codes in the `code` of a problem. `member`: additional field of such an answer. */
export const ANSWER_CODES = {
  'invalid-request': {
    statuses: [400],
    meaning: 'the body is not JSON, or fields are missing, unknown or wrong: `errors` names each',
    member: 'errors',
  },
  'not-authenticated': { statuses: [401], meaning: 'with Entra: the request has no Entra access token' },
  'not-an-operator': {
    statuses: [403],
    meaning: "with Entra: the caller has neither the operators' app role nor a place in the list",
  },
  'cross-site-request': {
    statuses: [403],
    meaning:
      'a browser sent a request that changes something from a page of another site, or its `Origin` is not the app',
  },
  'unsupported-media-type': {
    statuses: [415],
    meaning:
      'the app does not read this `Content-Type`: send `application/json`, or `text/csv` where a route accepts it; or the body of a rollout has a `Content-Encoding` other than `gzip`',
  },
  'report-key': {
    statuses: [401],
    meaning:
      'a report without the key that belongs to its operation, attempt and expiry, or with a MAC by another key or for another body',
  },
  'report-mac-required': {
    statuses: [401],
    meaning:
      "a report that carries its key, although the client's device has keys of its own (it has joined, or its IoT hub vouches for it): such devices send a MAC by the report key",
  },
  'device-signature': {
    statuses: [401],
    meaning:
      'a request of a device with keys of its own whose signature, pass, time or body is wrong: `now` has the time of the app',
    member: 'now',
  },
  'device-request-replayed': {
    statuses: [401],
    meaning:
      'a request of a device with a valid signature that came before: the device signs it anew; `now` has the time of the app',
    member: 'now',
  },
  'device-key-ended': {
    statuses: [403],
    meaning: "the key is not the client's current one: it was replaced, or the client was revoked or offboarded",
  },
  'secret-missing': {
    statuses: [404],
    meaning: 'no such version of a secret is there for this device',
  },
  'join-token-used': {
    statuses: [403, 409],
    meaning: 'a device has used the join token: another key may not (403), and it cannot be withdrawn any more (409)',
  },
  'join-token-expired': { statuses: [410], meaning: 'the join token was not used in time' },
  'join-token-unknown': {
    statuses: [410],
    meaning: 'the join token was withdrawn or replaced by another, or the client was revoked or offboarded since',
  },
  'join-address': { statuses: [403], meaning: 'the join token may not be used from this address' },
  'enrolment-needs-replace': {
    statuses: [409],
    meaning:
      'a client has a device with keys of its own, a poller or a credential, and a join token lets another device read its secret: `errors` names the rows that need `replace: true`',
    member: 'errors',
  },
  'enrolment-not-found': { statuses: [404], meaning: 'the client has no join token' },
  'operation-not-found': {
    statuses: [404],
    meaning: "never started; or purged, and not among the client's last twenty",
  },
  'client-unknown': {
    statuses: [404],
    meaning:
      'the client is not in its record, the vault, the token names or the client list: `near` lists similar names',
  },
  'client-not-found': {
    statuses: [404],
    meaning:
      'the vault has no credential of such a client, and its record has no join token, device key or poller; or no run of it is known',
  },
  'another-run': {
    statuses: [409],
    meaning: 'another run of this client is in progress: `running` names it',
    member: 'running',
  },
  'already-ended': {
    statuses: [409],
    meaning: 'nothing to cancel: `operationStatus` says how it ended',
    member: 'operationStatus',
  },
  'rollout-not-found': { statuses: [404], meaning: 'no rollout has this id, or it was purged' },
  'client-in-rollout': {
    statuses: [409],
    meaning: 'clients are in another rollout that has not ended: `conflicts` names the first of them',
    member: 'conflicts',
  },
  'rollouts-full': { statuses: [409], meaning: 'open rollouts together would have more than 50,000 clients' },
  'rollout-status': {
    statuses: [409],
    meaning: "the command does not fit the rollout's status: `rolloutStatus` has it",
    member: 'rolloutStatus',
  },
  'acknowledgement-expired': { statuses: [410], meaning: 'the acknowledgement came too late' },
  'not-cancellable': {
    statuses: [409],
    meaning: 'an offboarding or a revocation has started, and cannot be partly undone',
  },
  'report-differs': { statuses: [409], meaning: 'the attempt has an accepted report with other content' },
  superseded: {
    statuses: [410],
    meaning: 'at least twenty later runs of this client have replaced the operation: `current` names the last one',
    member: 'current',
  },
  'report-ended': { statuses: [410], meaning: 'the operation has ended or was replaced by another' },
  'report-superseded': { statuses: [410], meaning: 'the device was asked again since' },
  'report-expired': { statuses: [410], meaning: 'the report came too late' },
  'not-a-poller': {
    statuses: [403],
    meaning:
      'the identity is the poller of no client: no record names it, and no profile lists it for a client without one',
  },
  'poller-not-found': { statuses: [404], meaning: "the client's record names no poller that could be removed" },
  'poller-full': { statuses: [409], meaning: 'the identity polls for 20 other clients already' },
  'too-many-requests': {
    statuses: [429],
    meaning: 'more requests at a time, or in a minute, than one instance accepts',
  },
  'body-too-large': { statuses: [413], meaning: 'more bytes than the route takes' },
  'service-error': {
    statuses: [502, 503],
    meaning: 'an Azure service that is needed for the answer refused (502) or did not answer (503)',
  },
  'selection-slow': {
    statuses: [503],
    meaning: 'the clients of `select` could not be read in time: narrow it, or send the clients',
  },
  'engine-slow': {
    statuses: [503],
    meaning:
      'the durable engine did not confirm the start, the report, the join token, the key or the poller in time: send the same again',
  },
  'inventory-not-ready': {
    statuses: [503],
    meaning: 'the fleet is being read for the first time since the app started: ask again in a few seconds',
  },
  unavailable: { statuses: [503], meaning: 'the app could not answer; its log says where it failed' },
} as const;
export type AnswerCode = keyof typeof ANSWER_CODES;

/** Problems that preflight finds in a request. */
export const PROBLEM_CODES = [
  'registry-not-found',
  'registry-not-premium',
  'data-endpoint-disabled',
  'connected-registry-not-found',
  'connected-registry-inactive',
  'connected-registry-read-only',
  'endpoint-unknown',
  'endpoint-not-allowed',
  'repository-not-synced',
  'scope-map-different',
  'scope-map-reserved',
  'too-many-permissions',
  'token-reserved',
  'token-bound-elsewhere',
  'token-not-adopted',
  'adoption-narrows-rights',
  'token-of-another-client',
  'token-disabled',
  'slots-in-use',
  'too-many-clients',
  'overlap-too-short',
  'lifetime-too-short',
  'client-unknown',
  'not-onboarded',
  'token-missing',
  'token-unbound',
  'image-unknown',
  'previous-password-in-use',
  'sync-schedule-unreadable',
  'sync-scope-unknown',
  'fact-unknown',
  'device-access-missing',
  'identity-not-by-event',
  'role-assignments-full',
  'poller-not-by-event',
  'poller-full',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Reasons why an operation failed. */
export const FAILURE_CODES = [
  'preflight',
  'cancelled',
  'revoked',
  'stale-event',
  'scope-map-different',
  'token-changed',
  'token-of-another-client',
  'client-unknown',
  'token-disabled',
  'poller-full',
  'poller-changed',
  'connected-registry-not-found',
  'secret-changed',
  'credential-lost',
  'bind-refused',
  'too-many-clients',
  'unbound',
  'sync-overdue',
  'pull-insufficient-scope',
  'pull-manifest-unknown',
  'pull-digest-mismatch',
  'pull-secret-invalid',
  'pull-check-deadline',
  'signal-undeliverable',
  'device-keys-invalid',
  'device-key-ended',
  'step-deadline',
  'service-forbidden',
  'service-refused',
  'service-not-found',
  'vault-not-configured',
  'internal',
  'terminated',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];
