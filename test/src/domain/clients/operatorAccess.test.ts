import { describe, expect, test } from 'vitest';
import { admit, type OperatorAccess } from '../../../../src/domain/clients/operatorAccess.js';
import { OBJECT_ID, principalHeader, type Claim } from '../../fakes/answers/principal.js';

const BY_ROLE: OperatorAccess = { kind: 'entra', role: 'Onboarding.Operator', principals: [] };
const BY_LIST: OperatorAccess = { kind: 'entra', principals: [OBJECT_ID] };
const TENANT_ID = '22222222-aaaa-4bbb-8ccc-1234567890ab';
const ROLE_TYPE = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';
const oid: Claim = ['http://schemas.microsoft.com/identity/claims/objectidentifier', OBJECT_ID];
const role: Claim = [ROLE_TYPE, 'Onboarding.Operator'];

describe('with function keys', () => {
  test('every caller whom the host admits is an operator, and header names are ignored', () => {
    const access: OperatorAccess = { kind: 'functionKey' };
    expect(admit(access, undefined)).toEqual({ actor: 'function-key' });
    expect(admit(access, principalHeader([oid, ['preferred_username', 'eve@example.com']]))).toEqual({
      actor: 'function-key',
    });
  });
});

describe('with Entra', () => {
  test.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty one', ''],
    ['one that is no base64 of JSON', 'bm90IGpzb24='],
    ['JSON of another shape', Buffer.from('{"userId":"x"}').toString('base64')],
    ['null', Buffer.from('null').toString('base64')],
    ['a principal of another provider', principalHeader([oid, role], { auth_typ: 'github' })],
    ['a principal without an object id', principalHeader([role])],
    ['a principal whose object id is empty', principalHeader([[oid[0], ''], role])],
  ])('a caller is not authenticated with %s', (_name, header) => {
    expect(admit(BY_ROLE, header)).toEqual({ refused: 'not-authenticated' });
    expect(admit(BY_LIST, header)).toEqual({ refused: 'not-authenticated' });
  });

  test('a caller with the role is an operator, for any name of the role claim', () => {
    for (const type of ['roles', ROLE_TYPE, 'my-roles'])
      expect(admit(BY_ROLE, principalHeader([oid, [type, role[1]]], { role_typ: 'my-roles' }))).toEqual({
        actor: OBJECT_ID,
      });
  });

  test.each<[string, readonly Claim[]]>([
    ['no role', [oid]],
    ['another role', [oid, ['roles', 'Reader']]],
    ['the role in another case', [oid, ['roles', 'onboarding.operator']]],
    ['the role as another claim', [oid, ['name', 'Onboarding.Operator'], ['groups', 'Onboarding.Operator']]],
  ])('%s is not enough', (_name, claims) => {
    expect(admit(BY_ROLE, principalHeader(claims))).toEqual({ refused: 'not-an-operator', actor: OBJECT_ID });
  });

  test('a listed principal is an operator, with or without a role, in any case', () => {
    const access: OperatorAccess = { kind: 'entra', role: 'Other', principals: [OBJECT_ID] };
    expect(admit(access, principalHeader([['oid', OBJECT_ID.toUpperCase()]]))).toEqual({
      actor: OBJECT_ID.toUpperCase(),
    });
    expect(admit(BY_LIST, principalHeader([['oid', OBJECT_ID.replace('1', '2')]]))).toMatchObject({
      refused: 'not-an-operator',
    });
  });

  test('without a configured role, no role admits', () => {
    const header = principalHeader([['oid', OBJECT_ID.replace('1', '2')], role, ['roles', 'undefined']]);
    expect(admit(BY_LIST, header)).toMatchObject({ refused: 'not-an-operator' });
  });
});

describe('the audit names a principal', () => {
  test.each<[string, readonly Claim[], string]>([
    ['by its object id and its tenant', [['tid', TENANT_ID]], `${OBJECT_ID}@${TENANT_ID}`],
    [
      'by the mapped tenant',
      [['http://schemas.microsoft.com/identity/claims/tenantid', 'a-tenant']],
      `${OBJECT_ID}@a-tenant`,
    ],
    ['by its object id if there is no tenant', [['name', 'Ann']], OBJECT_ID],
    [
      'by no name that may change hands',
      [
        ['preferred_username', 'ann@example.com'],
        ['upn', 'ann@x.org'],
      ],
      OBJECT_ID,
    ],
    ["by no word of the audit's own", [['preferred_username', 'device']], OBJECT_ID],
    ['without characters that break a log', [['tid', 'a\n"{}b ü']], `${OBJECT_ID}@a____b__`],
    ['at a bounded length', [['tid', 'a'.repeat(300)]], `${OBJECT_ID}@${'a'.repeat(63)}`],
  ])('%s', (_name, claims, actor) => {
    expect(admit(BY_ROLE, principalHeader([oid, role, ...claims]))).toEqual({ actor });
  });
});
