import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { createActivities } from '../../src/activities/activities.js';
import { auditedPorts } from '../../src/audit/auditedPorts.js';
import { Turns } from '../../src/azure/budget/turns.js';
import { createArmControlPlane } from '../../src/azure/arm/armControlPlane.js';
import { ONBOARD } from '../../src/domain/operations/run.js';
import { onboard } from '../../src/orchestrations/onboard.js';
import { recordedRun } from '../../src/orchestrations/run/recordedEnd.js';
import { operatorRoute } from '../../src/triggers/http/operatorRoute.js';
import { postOnboardings } from '../../src/triggers/http/routes/onboardings.js';
import { whileTimePasses } from './fakes/advance.js';
import { BODY, config } from './fakes/answers/requests.js';
import { FakeDurableClient, httpRequest, invocation } from './fakes/durable/durableClient.js';
import { createFlowWorld } from './fakes/worlds/flowWorld.js';
import { runFlow } from './fakes/worlds/runFlow.js';
import { createWorld } from './fakes/worlds/world.js';

/*
 * The functions of the app between the request POST /api/onboardings and the SDK's call that creates the token, as the
 * stacks of one real request show them. There are three stacks, since the engine hands over twice: to the
 * orchestration, and to the activity. A function that returns a promise without awaiting it is not in its callee's
 * stack; the route's own handler, at which the count begins, is one.
 */

const { stacks, note } = vi.hoisted(() => {
  const stacks = new Map<string, string>();
  const note = (where: string): void => {
    if (!stacks.has(where)) stacks.set(where, new Error(where).stack ?? '');
  };
  return { stacks, note };
});

vi.mock('@azure/arm-containerregistry', () => ({
  ContainerRegistryManagementClient: class {
    tokens = {
      get: async () => Promise.reject(Object.assign(new Error('not found'), { name: 'RestError', statusCode: 404 })),
      create: async () => note('the call of the SDK'),
    };
  },
}));

/**
 * What a call passes through on its way, and no reader has to: each of these takes the next function as an argument, so
 * that the caller names it and go-to-definition leads there.
 */
const PASSED_THROUGH = [
  'src/triggers/http/guarded.ts',
  'src/triggers/durable/pollUntil.ts',
  'src/orchestrations/run/recordedEnd.ts',
  'src/orchestrations/run/completeOrUndo.ts',
  'src/orchestrations/run/runContext.ts',
  'src/orchestrations/run/untilDone.ts',
  'src/orchestrations/run/backoff.ts',
  'src/serviceErrors/outcomeOf.ts',
  'src/audit/auditedPorts.ts',
  'src/azure/arm/armCalls.ts',
  'src/azure/arm/refusedPolls.ts',
  'src/azure/calls/serviceErrors.ts',
];

/** Where the stacks are taken, in the order of the calls. */
const WHERE = ['the start of the orchestration', 'the call of the activity', 'the call of the SDK'] as const;
type Where = (typeof WHERE)[number];

interface Frame {
  readonly file: string;
  /** Absent for a function without a name, which is part of the one around it. */
  readonly name?: string;
}

/** The app's frames of a stack, in the order of the calls. */
function framesOf(where: Where): Frame[] {
  const lines = (stacks.get(where) ?? '').split('\n').toReversed();
  return lines.flatMap((line) => {
    const [, name, path = ''] = /^ +at (?:async )?(?:(\S+) )?\(?(?:file:\/\/)?(\/[^:()]+):\d+:\d+\)?$/.exec(line) ?? [];
    const file = relative(projectRoot(), path);
    if (!file.startsWith('src/')) return [];
    return [{ file, ...(name === undefined ? {} : { name: name.split('.').at(-1) ?? name }) }];
  });
}

/** `file: function` for each function that a reader goes through. A function without a name counts once in its file. */
function functionsOf(where: Where): string[] {
  const read = framesOf(where).filter(({ file }) => !PASSED_THROUGH.includes(file));
  return read.flatMap(({ file, name }, nth) => {
    const isPart = name === undefined && read[nth - 1]?.file === file;
    return isPart ? [] : [`${file}: ${name ?? 'without a name'}`];
  });
}

const limit = Error.stackTraceLimit;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  Error.stackTraceLimit = Infinity;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  Error.stackTraceLimit = limit;
});

/** Requests an onboarding, runs it, and has its activity create the token by the SDK. */
async function requestToken(): Promise<void> {
  const world = createWorld();
  const engine = new FakeDurableClient();
  engine.onStart = (_, { instanceId, input }) => {
    note('the start of the orchestration');
    engine.instances.set(instanceId, { name: ONBOARD, input, runtimeStatus: 'Running' });
  };
  const { handler } = operatorRoute({ kind: 'functionKey' }, postOnboardings(world.config, world.queries));
  const answer = handler(httpRequest({ body: BODY }), engine.client, invocation().context);
  expect((await whileTimePasses(answer)).status).toBe(202);

  const credential: TokenCredential = { getToken: async () => null };
  const ports = auditedPorts({
    ...world.ports,
    controlPlane: createArmControlPlane(config(), () => credential, new Turns()),
  });
  const { ensureToken } = createActivities(ports, world.queries, world.config);
  const flows = createFlowWorld({ ...world, activities: { ...world.activities, ensureToken } });
  const [run] = [...engine.instances.values()];
  await runFlow({
    world: flows,
    flow: (context) => {
      const call = context.df.callActivity.bind(context.df);
      context.df.callActivity = (name, input, ...more) => {
        if (name === 'ensureToken') note('the call of the activity');
        return call(name, input, ...more);
      };
      return recordedRun(ONBOARD, onboard)(context);
    },
    input: run?.input,
  });
}

test('at most ten hops lead from the request to the call of Azure Resource Manager, two of them by the engine', async () => {
  await requestToken();
  const chain = WHERE.map(functionsOf);
  for (const part of chain) expect(part.length).toBeGreaterThan(0);
  // One hop leads from the route's handler to the first function, and one more to each function after it.
  expect(chain.flat().length, chain.flat().join('\n')).toBeLessThanOrEqual(10);
  const passed = new Set(WHERE.flatMap(framesOf).map(({ file }) => file));
  expect(PASSED_THROUGH.filter((file) => !passed.has(file))).toEqual([]);
});

test('no Proxy of the app hides from go-to-definition what a call leads to', () => {
  const src = join(projectRoot(), 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((name) => /\bnew Proxy\b/.test(readFileSync(join(src, name), 'utf8')))).toEqual([]);
});
