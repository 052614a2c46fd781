import { basename, join } from 'node:path';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { Inventory } from '../stack/operator/operator.js';
import { countArmRequests, forgetRequests, type ArmRequests } from '../stack/armRequests.js';
import type { Stack } from '../stack/stack.js';
import type { World } from '../stack/world.js';
import { letAppGiveAccess, takeDeviceRights, vaultAssignments } from '../stack/devices/deviceRights.js';
import { startRecordingProxy, type Exchange } from '../stack/devices/recordingProxy.js';
import { issueJoinToken, JoinedAgent } from './joinedAgent.js';
import type { DeviceAgent } from './deviceAgent.js';
import { HubAgent, sealedProfile } from './hubAgent.js';
import { AGENT_STEP, FOR_SEALED, joinStep, joinTokenStep, reportedKeyStep } from './joining.js';
import { follow, onboard, onboardedByEvent, type ShownOperation } from './operations.js';
import type { Paint } from './paint.js';
import { searchPasswords } from './passwords.js';
import { QUICKSTART, replacedBySteps } from './quickstart.js';
import { Timeline } from './timeline.js';

const CLIENT = 'device-1';
const JOINED_CLIENT = 'device-2';
/** The device of a hub, which {@link demoSettings} have a profile of. */
const HUB_CLIENT = 'device-3';
const FAILING_CLIENT = 'device-4';
const MISSING_TAG = `${QUICKSTART.repository}:no-such-tag`;

/** The output of the demo. */
export interface Screen {
  print: (line: string) => void;
  paint: Paint;
  width: number;
}

/** Settings of the app that the demo needs. */
export function demoSettings(world: World): Record<string, string> {
  return { PROFILES: JSON.stringify([sealedProfile(world, HUB_CLIENT, [QUICKSTART.repository])]) };
}

/**
 * Onboards one device of each kind: one with an identity in Entra, one that joins, and one of an IoT hub; and one that
 * cannot succeed. Then it looks for their passwords everywhere.
 *
 * @returns whether the pulls were verified, the failure left nothing behind, and no password was found
 */
export async function demonstrate(stack: Stack, screen: Screen): Promise<boolean> {
  // At first the stack's device reads the secrets of all clients, and the app may give no access.
  await takeDeviceRights(stack.controlPlane);
  await letAppGiveAccess(stack.controlPlane);
  if (!(await showOnboarding(stack, screen))) return false;
  const proxy = await startRecordingProxy(stack);
  const folderOf = (client: string) => join(stack.ground.dataFolder, client);
  const joined = new JoinedAgent(stack, folderOf(JOINED_CLIENT), proxy.url);
  let ofHub: HubAgent | undefined;
  const stop = () => Promise.all([joined.stop(), ofHub?.stop()]);
  try {
    if (!(await showJoining(stack, screen, joined))) return false;
    ofHub = await HubAgent.create(stack, HUB_CLIENT, folderOf(HUB_CLIENT), proxy.url);
    if (!(await showHubDevice(stack, screen, ofHub))) return false;
    if (!(await showRollback(stack, screen))) return false;
    await stop();
    return await showPasswords(stack, screen, proxy.exchanges, [joined.configFile, ofHub.configFile]);
  } finally {
    await stop();
    await proxy.close();
  }
}

async function showOnboarding(stack: Stack, { print, paint, width }: Screen): Promise<boolean> {
  const { functions, azure, edge } = stack.endpoints;
  const { operator, https } = stack.controlPlane;
  const before = await operator.inventory(edge.connectedRegistry);
  await forgetRequests(azure.arm, https);

  print(
    `\n${paint.strong(`Onboarding ${CLIENT}`)}, whose Entra identity may read nothing yet; beside each step what it replaces\n`,
  );
  const names = { registry: azure.registry, connectedRegistry: edge.connectedRegistry, edgeHost: edge.host };
  const timeline = new Timeline(print, paint, width, replacedBySteps(names));
  const startedAt = performance.now();
  const address = await onboard(functions, {
    connectedRegistry: edge.connectedRegistry,
    client: CLIENT,
    repositories: [QUICKSTART.repository],
    scopeMap: QUICKSTART.scopeMap,
    token: QUICKSTART.token,
    identity: { principalId: stack.controlPlane.world.identities.device.objectId },
  });
  const ended = await follow(address, functions.key, (operation) => timeline.show(operation));
  const seconds = (performance.now() - startedAt) / 1000;

  const after = await operator.inventory(edge.connectedRegistry);
  const requests = await countArmRequests(azure.arm, https);
  const made = difference(after, before);
  const readable = await readableSecrets(stack);
  const verified =
    ended.status === 'completed' &&
    /^sha256:[0-9a-f]{64}$/.test(ended.result?.pull.digest ?? '') &&
    made.boundTokens.includes(QUICKSTART.token) &&
    readable.toSorted().join() === secretsOf(stack, CLIENT).join();
  if (!verified || !ended.result) {
    print(paint.bad(`\nThe pull was not verified. ${failureOf(ended)}`));
    return false;
  }
  const { secret, pull } = ended.result;
  print(`
${paint.strong('What now exists')}
  scope map    ${made.scopeMaps.join(', ')}
  token        ${made.tokens.join(', ')}
  binding      ${made.boundTokens.join(', ')} at ${edge.connectedRegistry}
  secret       ${secret.name}, ${secret.slot}, until ${secret.expiresOn.slice(0, 10)}
  access       the device's identity reads this secret and its candidate, and nothing else
  pull         ${edge.host}/${pull.image}, ${pull.bytes} bytes in ${Math.round(pull.milliseconds)} ms
               ${pull.digest}
  ARM          ${kindsOf(requests)}
${operationsOf(requests)}
  time         ${paint.good(`${seconds.toFixed(1)} s`)}`);
  return true;
}

async function showJoining(stack: Stack, { print, paint, width }: Screen, agent: JoinedAgent): Promise<boolean> {
  const { edge } = stack.endpoints;
  print(
    `\n${paint.strong(`Letting ${JOINED_CLIENT} in`)}, which has no Entra identity, and knows the app's address and a join token only\n`,
  );
  const joining = new Timeline(print, paint, width);
  const { joinToken, expiresAt } = await issueJoinToken(stack, JOINED_CLIENT);
  joining.did('join token', joinTokenStep(edge.connectedRegistry, JOINED_CLIENT, expiresAt));
  joining.did('agent join', joinStep(await agent.join(joinToken)));
  await agent.start();
  joining.did('agent', AGENT_STEP);

  print(`\n${paint.strong(`Onboarding ${JOINED_CLIENT}`)}, by the same request without an identity\n`);
  const address = await onboard(stack.endpoints.functions, {
    connectedRegistry: edge.connectedRegistry,
    client: JOINED_CLIENT,
    repositories: [QUICKSTART.repository],
  });
  return showSealed(stack, { print, paint, width }, address, agent);
}

async function showHubDevice(stack: Stack, screen: Screen, agent: HubAgent): Promise<boolean> {
  const { print, paint, width } = screen;
  const { functions } = stack.endpoints;
  print(
    `\n${paint.strong(`${HUB_CLIENT} appears at an IoT hub`)}, whose event onboards it; the hub vouches for its keys and carries everything, sealed\n`,
  );
  await agent.start();
  new Timeline(print, paint, width).did('agent', reportedKeyStep(await agent.thumbprint()));
  return showSealed(stack, screen, await onboardedByEvent(functions, HUB_CLIENT), agent);
}

/** Follows the onboarding of a device that has keys of its own. @param address of the operation */
async function showSealed(
  { endpoints }: Stack,
  { print, paint, width }: Screen,
  address: string,
  agent: DeviceAgent,
): Promise<boolean> {
  const timeline = new Timeline(print, paint, width, FOR_SEALED);
  const ended = await follow(address, endpoints.functions.key, (operation) => timeline.show(operation));
  if (ended.status !== 'completed') {
    print(paint.bad(`\nThe pull was not verified. ${failureOf(ended)}`));
    return false;
  }
  await agent.delivered();
  timeline.did('delivered', { done: "opened on the device, in docker's config.json" });
  return true;
}

async function showPasswords(
  stack: Stack,
  { print, paint }: Screen,
  exchanges: readonly Exchange[],
  configFiles: readonly string[],
): Promise<boolean> {
  const places = { dataFolder: stack.ground.dataFolder, operator: stack.controlPlane.operator };
  const { passwords, recorded, files, found, isSearchSound } = await searchPasswords(places, exchanges, configFiles);
  print(`
${paint.strong('Where the passwords are')}, searched for in every form that they can be written in
  Key Vault    ${passwords} passwords
  ${CLIENT}     reads its own from the vault
  ${JOINED_CLIENT}     asked for its own ${recorded.sealed} times, and got it sealed to its key; it is in its config.json
  ${HUB_CLIENT}     got its own through the hub, sealed to its key; it is in its config.json
  searched     ${recorded.requests} requests of both with their answers, ${recorded.bytes} bytes, recorded in front of the app
               ${files.count} files, ${files.bytes} bytes: logs, durable history, events, twins, requests to Azure
  found        ${found.length === 0 ? paint.good('none') : paint.bad(found.join(', '))}`);
  const proven = found.length === 0 && isSearchSound && passwords > 2 && recorded.sealed > 0;
  if (!isSearchSound) print(paint.bad('The search did not find the passwords where they must be.'));
  return proven;
}

/** What the stack's device may read: names of secrets, or the vault. */
async function readableSecrets({ controlPlane }: Stack): Promise<string[]> {
  const { objectId } = controlPlane.world.identities.device;
  const found = await vaultAssignments(controlPlane);
  return found.filter(({ principalId }) => principalId === objectId).map(({ scope }) => basename(scope));
}

/** Names of the two secrets of a client, in alphabetical order. */
function secretsOf({ endpoints }: Stack, client: string): string[] {
  const { registry } = endpoints.azure;
  const reference = { registry, connectedRegistry: endpoints.edge.connectedRegistry, client };
  return [mainSecretName(reference), candidateSecretName(reference)];
}

async function showRollback(stack: Stack, { print, paint, width }: Screen): Promise<boolean> {
  const { functions, edge } = stack.endpoints;
  const { operator } = stack.controlPlane;
  const before = await operator.inventory(edge.connectedRegistry);
  const readableBefore = await readableSecrets(stack);

  print(
    `\n${paint.strong(`Onboarding ${FAILING_CLIENT}`)}, which must pull ${MISSING_TAG}, a tag that does not exist\n`,
  );
  const timeline = new Timeline(print, paint, width);
  const address = await onboard(functions, {
    connectedRegistry: edge.connectedRegistry,
    client: FAILING_CLIENT,
    repositories: [QUICKSTART.repository],
    // Its own scope map, so that there is one to remove again.
    scopeMap: `${FAILING_CLIENT}-scopemap`,
    image: MISSING_TAG,
    // One agent here serves every device that has an identity.
    identity: { principalId: stack.controlPlane.world.identities.device.objectId },
  });
  const ended = await follow(address, functions.key, (operation) => timeline.show(operation));

  const left = difference(await operator.inventory(edge.connectedRegistry), before);
  const access = (await readableSecrets(stack)).filter((scope) => !readableBefore.includes(scope));
  const residue = [...Object.values(left).flat(), ...access];
  const clean = ended.status === 'rolledBack' && ended.failure?.residue.length === 0 && residue.length === 0;
  print(`\n${failureOf(ended)}`);
  print(
    clean
      ? paint.good(
          'Everything that it created was removed: scope maps, tokens, bindings, secrets and access are as before.',
        )
      : paint.bad(`It left something behind: ${residue.join(', ') || JSON.stringify(ended.failure)}`),
  );
  return clean;
}

function difference(after: Inventory, before: Inventory): Inventory {
  const changed = (key: keyof Inventory): string[] => [
    ...after[key].filter((name) => !before[key].includes(name)),
    ...before[key].filter((name) => !after[key].includes(name)).map((name) => `${name} (gone)`),
  ];
  return {
    scopeMaps: changed('scopeMaps'),
    tokens: changed('tokens'),
    boundTokens: changed('boundTokens'),
    secrets: changed('secrets'),
  };
}

function failureOf(operation: ShownOperation): string {
  return `It ended ${operation.status}${operation.failure ? `, ${operation.failure.code}: ${operation.failure.message}` : ''}`;
}

function kindsOf({ kinds }: ArmRequests): string {
  const list = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`);
  return `${Object.values(kinds).reduce((sum, count) => sum + count, 0)} requests: ${list.join(', ')}`;
}

function operationsOf({ operations }: ArmRequests): string {
  return Object.entries(operations)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `               ${String(count).padStart(2)} ${name}`)
    .join('\n');
}
