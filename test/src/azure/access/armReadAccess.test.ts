import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createArmReadAccess } from '../../../../src/azure/access/armReadAccess.js';
import { permitsAssigning } from '../../../../src/azure/access/permissions.js';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { assignmentName } from '../../../../src/domain/access/assignmentName.js';
import { ASSIGNMENT_CONDITION, KEY_VAULT_SECRETS_USER } from '../../../../src/domain/access/secretsUser.js';
import type { ReadAccess } from '../../../../src/ports/readAccess.js';
import { config } from '../../fakes/answers/requests.js';
import { Cloud } from '../../../shared/cloud.js';

const ADMINISTRATOR = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168';
let cloud: Cloud;
let access: ReadAccess;
const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
beforeAll(async () => {
  cloud = await Cloud.start({ settings: { roleAssignmentsPerSubscription: 60 } });
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const base = config();
  const arm = { ...base.arm, endpoint: cloud.url, audience: cloud.url };
  access = createArmReadAccess({ ...base, arm }, () => cloud.credential('app'), new Turns());
});
afterAll(async () => {
  if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
  await cloud.end();
});

/** The role that a deployment gives the app, by the operator. */
async function permit(): Promise<void> {
  const path = `${cloud.vaultId}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
  await cloud.armCall('PUT', path, {
    properties: {
      roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ADMINISTRATOR}`,
      principalId: cloud.running.world.identities.app.objectId,
      principalType: 'ServicePrincipal',
      condition: ASSIGNMENT_CONDITION,
      conditionVersion: '2.0',
    },
  });
}

test('without the role the app sees that it may not, and is refused', async () => {
  expect(await access.mayAssign(cloud.vaultId)).toBe(false);
  await expect(access.listAssignments(cloud.vaultId)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(access.deleteAssignment(cloud.vaultId, { name: randomUUID(), secret: 'one' })).rejects.toMatchObject({
    kind: 'forbidden',
    status: 403,
  });
});

describe('with the role under its condition', () => {
  beforeAll(permit);
  let principalId: string;
  beforeEach(() => (principalId = randomUUID()));
  const wanted = (secret: string, principalType: 'ServicePrincipal' | 'Device' = 'ServicePrincipal') => ({
    name: assignmentName(cloud.vaultId, secret, principalId),
    secret,
    principalId,
    principalType,
  });

  test('an assignment is made once, listed and deleted, each as often as one likes', async () => {
    expect(await access.mayAssign(cloud.vaultId)).toBe(true);
    const { principalType: _type, ...made } = wanted('one');
    for (const principalType of ['Device', 'Device'] as const)
      expect(await access.createAssignment(cloud.vaultId, { ...made, principalType })).toBe(true);
    expect(await access.listAssignments(cloud.vaultId, principalId)).toEqual([made]);
    expect(await access.listAssignments(cloud.vaultId)).toContainEqual(made);

    const createdBy = cloud.running.world.identities.app.objectId;
    expect(await access.findAssignment(cloud.vaultId, made)).toEqual({ createdBy });

    for (let n = 0; n < 2; n += 1) await access.deleteAssignment(cloud.vaultId, made);
    expect(await access.findAssignment(cloud.vaultId, made)).toBeUndefined();
    expect(await access.listAssignments(cloud.vaultId, principalId)).toEqual([]);
  });

  test('an assignment of another name that does the same is there already', async () => {
    const { principalType, ...first } = { ...wanted('two'), name: randomUUID() };
    await access.createAssignment(cloud.vaultId, { ...first, principalType });
    expect(await access.createAssignment(cloud.vaultId, wanted('two'))).toBe(false);
    expect(await access.listAssignments(cloud.vaultId, principalId)).toEqual([first]);
  });

  test('an assignment that somebody else made is that one’s, also after the app has written it again', async () => {
    const { principalType, ...theirs } = wanted('three');
    const path = `${cloud.vaultId}/secrets/three/providers/Microsoft.Authorization/roleAssignments/${theirs.name}`;
    const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${KEY_VAULT_SECRETS_USER}`;
    await cloud.armCall('PUT', path, { properties: { roleDefinitionId, principalId, principalType } });
    const maker = await access.findAssignment(cloud.vaultId, theirs);
    expect(maker?.createdBy).toMatch(/^[0-9a-f-]{36}$/);
    expect(maker?.createdBy).not.toBe(cloud.running.world.identities.app.objectId);

    expect(await access.createAssignment(cloud.vaultId, { ...theirs, principalType })).toBe(true);
    expect(await access.findAssignment(cloud.vaultId, theirs)).toEqual(maker);
  });

  test('assignments on the vault itself are nobody’s of these', async () => {
    const listed = await access.listAssignments(cloud.vaultId, cloud.running.world.identities.device.objectId);
    expect(listed).toEqual([]);
  });

  test('the limit of the subscription is a refusal with its code', async () => {
    const fill = async () => {
      for (let n = 0; n < 60; n += 1) await access.createAssignment(cloud.vaultId, wanted(`full-${n}`));
    };
    const { count } = await access.countAssignments(cloud.vaultId);
    expect(count).toBeLessThan(60);
    await expect(fill()).rejects.toMatchObject({ kind: 'refused', code: 'RoleAssignmentLimitExceeded' });
    expect(await access.countAssignments(cloud.vaultId)).toEqual({ limit: 60, count: 60 });
  });
});

test.each([
  [[{ actions: ['*'], notActions: [] }], true],
  [[{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] }], false],
  [[{ actions: ['Microsoft.Authorization/roleAssignments/*'], notActions: [] }], true],
  [[{ actions: ['Microsoft.Authorization/roleAssignments/write'], notActions: [] }], false],
  [[{ actions: ['*/read'], notActions: [] }], false],
  [
    [
      { actions: ['*'], notActions: ['Microsoft.Authorization/*/Delete'] },
      { actions: ['microsoft.authorization/roleassignments/delete'], notActions: [] },
    ],
    true,
  ],
])('permissions %j let the app assign: %s', (value, may) => {
  expect(permitsAssigning({ value })).toBe(may);
});
