import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionHolds, isSimulatedCondition } from '../../src/access/assignmentCondition.js';
import { ROLES } from '../../src/access/roles.js';
import { Cloud } from '../../../../test/shared/cloud.js';

const USER = ROLES['Key Vault Secrets User']?.id ?? '';
const condition = (roles = USER, types = "'ServicePrincipal', 'Device'"): string =>
  [
    ['write', 'Request'],
    ['delete', 'Resource'],
  ]
    .map(
      ([action, source]) => `(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})
 )
 OR
 (
  @${source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roles}}
  AND
  @${source}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {${types}}
 )
)`,
    )
    .join('\nAND\n');
const WRITE = 'Microsoft.Authorization/roleAssignments/write';
const DELETE = 'Microsoft.Authorization/roleAssignments/delete';

describe('a condition on role assignments', () => {
  it.each([
    [WRITE, USER, 'serviceprincipal', true],
    [WRITE, USER, 'device', true],
    [WRITE, USER, 'user', false],
    [WRITE, USER, '', false],
    [WRITE, '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'serviceprincipal', false],
    [DELETE, USER, 'serviceprincipal', true],
    [DELETE, USER, 'group', false],
  ])('on %s of role %s to a %s: %s', (action, role, principalType, holds) => {
    expect(conditionHolds(condition(), action, { role, principalType })).toBe(holds);
  });

  it('leaves other actions alone, and the deletion of what does not exist', () => {
    expect(conditionHolds(condition(), 'Microsoft.KeyVault/vaults/read', undefined)).toBe(true);
    expect(conditionHolds(condition(), DELETE, undefined)).toBe(true);
    expect(conditionHolds(condition(), WRITE, undefined)).toBe(false);
  });

  it.each([
    ["@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'Device'"],
    [condition().replace('AND', 'OR')],
    [''],
  ])('of another form is not simulated: %s', (text) => {
    expect(isSimulatedCondition(text)).toBe(false);
    expect(conditionHolds(text, WRITE, { role: USER, principalType: 'device' })).toBe(false);
  });
});

describe('an app with the role to manage role assignments, under a condition', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start({ settings: { roleAssignmentsPerSubscription: 20 } });
  });
  afterAll(() => cloud.end());

  const at = (scope: string, name: string): string =>
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  const secret = (name: string): string => `${cloud.vaultId}/secrets/${name}`;
  const as = async (who: 'app' | 'operator', method: string, path: string, properties?: object) =>
    cloud.call(
      method,
      `${path}?api-version=2022-04-01`,
      ...([properties && { properties }, { authorization: `Bearer ${await cloud.token(who)}` }] as const),
    );
  const reader = (change: object = {}) => ({
    roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${USER}`,
    principalId: cloud.running.world.identities.device.objectId,
    principalType: 'ServicePrincipal',
    ...change,
  });
  const permit = (text: string) =>
    as('operator', 'PUT', at(cloud.vaultId, 'the-condition'), {
      roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLES['Role Based Access Control Administrator']?.id}`,
      principalId: cloud.running.world.identities.app.objectId,
      principalType: 'ServicePrincipal',
      condition: text,
      conditionVersion: '2.0',
    });

  it('is refused a condition that would be ignored, with the reason', async () => {
    expect(
      await permit("@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'x'"),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'InvalidCondition', message: expect.stringContaining('another form') } },
    });
  });

  it('writes and deletes assignments of that role to that kind of principal below the vault, and no others', async () => {
    expect((await as('app', 'PUT', at(secret('one'), 'a'), reader())).status).toBe(403);
    expect((await permit(condition())).status).toBe(201);

    expect((await as('app', 'PUT', at(secret('one'), 'a'), reader())).status).toBe(201);
    const owner = { roleDefinitionId: `/x/${ROLES['Owner']?.id}` };
    expect((await as('app', 'PUT', at(secret('one'), 'b'), reader(owner))).status).toBe(403);
    expect((await as('app', 'PUT', at(secret('one'), 'c'), reader({ principalType: 'User' }))).status).toBe(403);
    expect((await as('app', 'PUT', at(cloud.registryId, 'd'), reader())).status).toBe(403);
    expect((await as('app', 'DELETE', at(cloud.vaultId, 'the-condition'))).status).toBe(403);
    expect((await as('app', 'DELETE', at(secret('one'), 'a'))).status).toBe(200);
  });

  it('sees by its permissions that it may', async () => {
    const path = `${cloud.vaultId}/providers/Microsoft.Authorization/permissions`;
    expect(await as('app', 'GET', path)).toMatchObject({
      status: 200,
      body: { value: expect.arrayContaining([expect.objectContaining({ condition: condition() })]) },
    });
    const elsewhere = `${cloud.registryId}/providers/Microsoft.Authorization/permissions`;
    expect((await as('app', 'GET', elsewhere)).status).toBe(403);
  });

  it('is refused more assignments than a subscription may have', async () => {
    const path = `${cloud.registryId.split('/resourceGroups')[0]}/providers/Microsoft.Authorization/roleAssignmentsUsageMetrics`;
    const usage = async () =>
      (await cloud.armCall('GET', path, undefined, '2019-08-01-preview')).body as {
        roleAssignmentsRemainingCount: number;
        roleAssignmentsLimit: number;
      };
    const { roleAssignmentsRemainingCount: left, roleAssignmentsLimit } = await usage();
    expect(roleAssignmentsLimit).toBe(20);
    for (let n = 0; n < left; n += 1)
      expect((await as('app', 'PUT', at(secret(`full-${n}`), 'a'), reader())).status).toBe(201);
    expect(await as('app', 'PUT', at(secret('full-last'), 'a'), reader())).toMatchObject({
      status: 400,
      body: { error: { code: 'RoleAssignmentLimitExceeded' } },
    });
    expect((await as('app', 'PUT', at(secret('full-0'), 'a'), reader())).status).toBe(201);
  });
});
