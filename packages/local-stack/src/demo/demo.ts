import type { Inventory } from '../stack/operator.js';
import { countArmRequests, forgetRequests, type ArmRequests } from '../stack/armRequests.js';
import type { Stack } from '../stack/stack.js';
import { follow, onboard, type ShownOperation } from './operations.js';
import type { Paint } from './paint.js';
import { QUICKSTART, replacedBySteps } from './quickstart.js';
import { Timeline } from './timeline.js';

const CLIENT = 'device-1';
const FAILING_CLIENT = 'device-2';
const MISSING_TAG = `${QUICKSTART.repository}:no-such-tag`;

/** The output of the demo. */
export interface Screen {
  print: (line: string) => void;
  paint: Paint;
  width: number;
}

/**
 * Onboards the quickstart's client and one that cannot succeed, and shows both.
 *
 * @returns whether the first one's pull was verified and the second one left nothing behind
 */
export async function demonstrate(stack: Stack, screen: Screen): Promise<boolean> {
  return (await showOnboarding(stack, screen)) && (await showRollback(stack, screen));
}

async function showOnboarding(stack: Stack, { print, paint, width }: Screen): Promise<boolean> {
  const { functions, azure, edge } = stack.endpoints;
  const { operator, https } = stack.controlPlane;
  const before = await operator.inventory(edge.connectedRegistry);
  await forgetRequests(azure.arm, https);

  print(
    `\n${paint.strong(`Onboarding ${CLIENT}`)}, with the quickstart's own names; beside each step what it replaces\n`,
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
  });
  const ended = await follow(address, functions.key, (operation) => timeline.show(operation));
  const seconds = (performance.now() - startedAt) / 1000;

  const after = await operator.inventory(edge.connectedRegistry);
  const requests = await countArmRequests(azure.arm, https);
  const made = difference(after, before);
  const verified =
    ended.status === 'completed' &&
    /^sha256:[0-9a-f]{64}$/.test(ended.result?.pull.digest ?? '') &&
    made.boundTokens.includes(QUICKSTART.token);
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
  pull         ${edge.host}/${pull.image}, ${pull.bytes} bytes in ${Math.round(pull.milliseconds)} ms
               ${pull.digest}
  ARM          ${kindsOf(requests)}
${operationsOf(requests)}
  time         ${paint.good(`${seconds.toFixed(1)} s`)}`);
  return true;
}

async function showRollback(stack: Stack, { print, paint, width }: Screen): Promise<boolean> {
  const { functions, edge } = stack.endpoints;
  const { operator } = stack.controlPlane;
  const before = await operator.inventory(edge.connectedRegistry);

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
  });
  const ended = await follow(address, functions.key, (operation) => timeline.show(operation));

  const left = difference(await operator.inventory(edge.connectedRegistry), before);
  const residue = Object.values(left).flat();
  const clean = ended.status === 'rolledBack' && ended.failure?.residue.length === 0 && residue.length === 0;
  print(`\n${failureOf(ended)}`);
  print(
    clean
      ? paint.good('Everything that it created was removed: scope maps, tokens, bindings and secrets are as before.')
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
