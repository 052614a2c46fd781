import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../src/serviceErrors/serviceError.js';
import {
  httpStatus,
  requestId,
  resourceName,
  secondsToWait,
  serviceCode,
  UNLISTED_CODE,
} from '../../../src/serviceErrors/serviceFacts.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('');
const LETTERS = ALPHANUMERIC.slice(0, 52);
const text = (letters: readonly string[], minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((all) => all.join(''));

/** Codes that services answered in recordings, that they document, or that the simulator answers. */
const CODES = `
  Conflict Unauthorized ResourceNotFound ParentResourceNotFound ObjectIsDeletedButRecoverable SecretNotFound SecretDisabled
  Forbidden BadParameter InvalidRequestContent AuthorizationFailed AuthenticationFailed TooManyRequests BadRequest
  SubscriptionRequestsThrottled SubscriptionNotFound ResourceGroupNotFound TokenLimitExceeded ScopeMapLimitExceeded
  ScopeMapPermissionLimitExceeded ClientTokenLimitExceeded DataEndpointDisabled MissingApiVersionParameter
  InvalidApiVersionParameter InvalidRequest InternalServerError MethodNotAllowed PrincipalNotFound RoleAssignmentNotFound
  VaultRequestTypeLimitReached InputJsonInvalid DeviceNotFound DeviceNotOnline ModuleNotFound ArgumentInvalid GatewayTimeout
  PreconditionFailed ThrottlingException IotHubUnauthorizedAccess ServerError IotHubQuotaExceeded LinkedAuthorizationFailed
  DeviceMaximumQueueDepthExceeded ObjectIsBeingDeleted ObjectIsBeingRecovered ForbiddenByFirewall ForbiddenByRbac
  MissingSubscriptionRegistration RequestDisallowedByPolicy ScopeLocked AnotherOperationInProgress OperationNotAllowed
  ReadOnlyDisabledSubscription InvalidAuthenticationTokenTenant ExpiredAuthenticationToken CallerIsNotAuthorized
  RetryableError ServiceUnavailable Resource.NotFound AADSTS7000215 AADSTS50034 ECONNRESET ENOTFOUND
`
  .trim()
  .split(/\s+/);

describe('a code', () => {
  test.each(CODES)('of the services is shown: %s', (code) => expect(serviceCode(code)).toBe(code));

  test('is never shown if it could be a password of letters and digits, or of letters only', () => {
    const password = fc.oneof(text(ALPHANUMERIC, 12, 64), text(LETTERS, 16, 64));
    const hidden = fc.property(password, (value) => serviceCode(value) === UNLISTED_CODE);
    expect(fc.check(hidden, { numRuns: 5000 })).toMatchObject({ failed: false });
  });

  test.each(['NotFound ', 'Not Found', 'NotFound\n', 'notFound', 'Not_Found', 'Not.Found.', 'NotFound1', 'Geheimnis'])(
    'is shown only in its strict form: %j',
    (code) => expect(serviceCode(code)).toBe(UNLISTED_CODE),
  );

  test.each([undefined, null, '', 7, {}, ['NotFound']])('is not shown if it is %j', (code) => {
    expect(serviceCode(code)).toBeUndefined();
  });
});

test('a request id is a GUID', () => {
  expect(requestId('3F0C1D5E-9b7a-4c1d-8e2f-0a1b2c3d4e5f')).toBe('3F0C1D5E-9b7a-4c1d-8e2f-0a1b2c3d4e5f');
  const others = fc.property(fc.string({ maxLength: 80 }), (value) => requestId(value) === undefined);
  expect(fc.check(others)).toMatchObject({ failed: false });
  for (const value of [7, undefined, ' 3f0c1d5e-9b7a-4c1d-8e2f-0a1b2c3d4e5f', '3f0c1d5e-9b7a-4c1d-8e2f-0a1b2c3d4e5f\n'])
    expect(requestId(value)).toBeUndefined();
});

test('numbers outside their range are dropped', () => {
  expect([99, 100, 599, 600, 1234567890, 200.5, Number.NaN, '200'].map(httpStatus)).toEqual([
    undefined,
    100,
    599,
    ...Array.from({ length: 5 }, () => undefined),
  ]);
  expect([-1, 0, 1.2, 1e12, Infinity, Number.NaN, '5'].map(secondsToWait)).toEqual([
    0,
    0,
    2,
    86_400,
    86_400,
    undefined,
    undefined,
  ]);
});

describe('a resource’s name', () => {
  test.each([
    'myregistry',
    'myconnected-sensor-7-29r36qwv3xlwm4g8x3z',
    'myregistry-myconnectedregistry-sensor-7-e841fd291e8f116d',
    'connectedRegistries/hall2/clients/sensor-7/e841fd291e8f116d',
    'alerts/rotations',
    'plant-hub/gate_1.x+%#*?!(),:=@$',
    'https://login.microsoftonline.com/a-tenant/v2.0/.well-known/openid-configuration',
  ])('is shown: %s', (name) => expect(resourceName(name)).toBe(name));

  test.each(['', 'Cannot take the password x', '{"value":"x"}', 'a\nline', '<title>x</title>', undefined, 7])(
    'is not shown if it is a text of others: %s',
    (text) => expect(resourceName(text)).toBe('a resource whose name cannot be shown'),
  );

  test('is not shown if it contains a secret, also in an error about it', () => {
    const password = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gAjR9kQz71LmX2vB5nT8cW';
    seenSecrets.remember(password);
    expect(resourceName(`a-${password}`)).not.toContain(password);
    const forced = { kind: 'refused', operation: 'get token', resource: `it said ${password}` as never } as const;
    expect(new ServiceError(forced).message).toBe('get token a resource whose name cannot be shown: no answer');
  });
});
