import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { functionsListed } from '../../../infra/hooks/functionsListed.mjs';
import { subscribe } from '../../../infra/hooks/subscribe.mjs';
import { listing, OUTPUTS, refusal, ScriptedAz, type Answer } from './scriptedAz.js';

const ALL = ['clientRequested', 'secretExpiring', 'deviceChanged', 'connectedRegistryWritten'] as const;
const NOT_YET: Answer = {
  status: 1,
  stderr: 'ERROR: {"code": "Endpoint validation", "message": "Destination endpoint not found."}',
};
const REGION = { when: '--query location', answers: [{ stdout: '"westeurope"' }] };

/** A clock that only sleeping moves. @param pace how much faster than it is slept: each look starts two processes. */
function makeWorld(pace = 1) {
  const said: string[] = [];
  let time = 0;
  return {
    said,
    now: () => time,
    sleep: async (ms: number) => {
      time += ms * pace;
    },
    say: (line: string) => said.push(line),
  };
}

let az: ScriptedAz;
beforeEach(() => {
  az = new ScriptedAz();
  vi.stubEnv('PATH', az.folder);
  for (const [name, value] of Object.entries(OUTPUTS)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  az.remove();
});

test('the hook waits for functions that are listed one after the other, and shows progress', async () => {
  az.follow([{ when: '/functions?', answers: [listing(), listing('clientRequested'), listing(...ALL)] }]);
  const world = makeWorld();
  await functionsListed(world);
  expect(world.said).toEqual([
    'Waiting for the functions to be listed: 0 of 4 after 0 s.',
    'Waiting for the functions to be listed: 1 of 4 after 10 s.',
  ]);
  expect(az.callsWith('syncfunctiontriggers')).toHaveLength(1);
});

test('an instance that is still starting is asked again to synchronise its triggers', async () => {
  az.follow([
    { when: 'syncfunctiontriggers', answers: [refusal('BadRequest'), refusal('ServiceUnavailable'), {}] },
    { when: '/functions?', answers: [refusal('ServiceUnavailable'), listing(), listing(...ALL)] },
  ]);
  await functionsListed(makeWorld());
  expect(az.callsWith('syncfunctiontriggers')).toHaveLength(3);
});

test('a function of another trigger under the same name does not count', async () => {
  const other = { name: 'func-a/clientRequested', properties: { config: { bindings: [{ type: 'httpTrigger' }] } } };
  az.follow([{ when: '/functions?', answers: [{ stdout: JSON.stringify({ value: [other] }) }, listing(...ALL)] }]);
  const world = makeWorld();
  await functionsListed(world);
  expect(world.said).toHaveLength(1);
});

test("after ten minutes the hook reports which functions are missing, and Azure's last answer", async () => {
  az.follow([
    { when: 'syncfunctiontriggers', answers: [refusal('ServiceUnavailable')] },
    { when: '/functions?', answers: [listing('clientRequested', 'secretExpiring')] },
  ]);
  const world = makeWorld(10);
  await expect(functionsListed(world)).rejects.toThrow(
    /still does not list deviceChanged, connectedRegistryWritten; .*run azd hooks run postdeploy.*\(ServiceUnavailable\) as Azure says it/s,
  );
  expect(world.now()).toBe(600_000);
});

test('a missing right to synchronise or list is reported at once', async () => {
  az.follow([{ when: 'syncfunctiontriggers', answers: [refusal('AuthorizationFailed')] }]);
  const world = makeWorld();
  await expect(functionsListed(world)).rejects.toThrow('AuthorizationFailed');
  expect(world.now()).toBe(0);
});

test('a subscription is retried while Event Grid does not see a function yet', async () => {
  az.follow([REGION, { when: 'deployment sub create', answers: [NOT_YET, NOT_YET, {}] }]);
  const world = makeWorld();
  await subscribe(world, 600_000);
  expect(az.callsWith('deployment sub create')).toHaveLength(3);
  expect(world.said).toHaveLength(2);
});

test('a subscription is not retried past its time, nor after any other refusal', async () => {
  az.follow([REGION, { when: 'deployment sub create', answers: [NOT_YET] }]);
  await expect(subscribe(makeWorld(), 60_000)).rejects.toThrow('Destination endpoint not found');
  expect(az.callsWith('deployment sub create')).toHaveLength(5);
  az.follow([REGION, { when: 'deployment sub create', answers: [refusal('InvalidRequest')] }]);
  await expect(subscribe(makeWorld(), 600_000)).rejects.toThrow('InvalidRequest');
  expect(az.callsWith('deployment sub create')).toHaveLength(6);
});

test('the system topics that the groups of the registries have keep their names', async () => {
  const registry = (subscription: string, group: string, name: string) =>
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const ids = [registry('s1', 'one', 'a'), registry('s2', 'two', 'b'), registry('s1', 'one', 'c')];
  vi.stubEnv('REGISTRY_IDS', ids.join(', '));
  const topic = '/subscriptions/s2/resourceGroups/two/providers/Microsoft.EventGrid/systemTopics/evgt-group-1-a';
  az.follow([
    REGION,
    { when: '--subscription s2 --resource-group two', answers: [{ stdout: JSON.stringify(topic) }] },
    { when: 'resource list', answers: [{ stdout: 'null' }] },
  ]);
  await subscribe(makeWorld(), 600_000);
  const lists = az.callsWith('resource list');
  expect(lists).toHaveLength(2);
  const query = "[?starts_with(name, 'evgt-group-') && ends_with(name, '-a')].id | [0]";
  for (const { args } of lists) expect(args).toContain(query);
  expect(az.callsWith('deployment sub create')[0]?.args).toContain(`groupTopicIds=${topic}`);
});

test('a group that the settings spell in two ways is one group', async () => {
  const registry = (group: string, name: string) =>
    `/subscriptions/s1/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  vi.stubEnv(
    'REGISTRY_IDS',
    `${registry('one', 'a')}, ${registry('One', 'b').replace('resourceGroups', 'resourcegroups')}`,
  );
  az.follow([REGION]);
  await subscribe(makeWorld(), 600_000);
  expect(az.callsWith('resource list')).toHaveLength(1);
  const ids = `registryIds=${registry('one', 'a')},${registry('one', 'b')}`;
  expect(az.callsWith('deployment sub create')[0]?.args).toContain(ids);
});

test('a deployment in another region has another name, because a deployment keeps its region', async () => {
  az.follow([REGION]);
  await subscribe(makeWorld(), 600_000);
  vi.stubEnv('AZURE_LOCATION', 'northeurope');
  await subscribe(makeWorld(), 600_000);
  const names = az.callsWith('deployment sub create').map(({ args }) => args[args.indexOf('--name') + 1]);
  expect(names).toEqual(['events-a-westeurope', 'events-a-northeurope']);
});
