import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countArmRequests, forgetRequests } from '@connected-registry/local-stack/stack/armRequests';
import { startStack, type StackOptions } from '@connected-registry/local-stack/stack/startStack';
import type { Stack } from '@connected-registry/local-stack/stack/stack';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { until } from '../../shared/until.js';
import { AppClient } from './appClient.js';
import { refuseUnhandledErrors } from './hostLog.js';
import { startFunctionsHost } from './hosts/functionsHost.js';
import type { FunctionsHost, HostOrder } from './hosts/order.js';
import { APP_FOLDER, ON_REAL_HOST, SHORT_WAITS } from './hostUnderTest.js';
import { noteOperations } from './notedOperations.js';
import { OperatorSdk } from './operatorSdk.js';

/** A whole stack of its own for one test file, and what to drive it with: nothing but its public interfaces. */
export interface TestStack {
  stack: Stack;
  app: AppClient;
  operator: OperatorSdk;
  /** What happened to the processes, one line each. */
  events: string[];
  /** Ends the app's host, and the app with it, with SIGKILL; resolves when a new one serves. */
  crashHost(): Promise<void>;
  /**
   * Ends Microsoft's host with its storage, has work done on the storage's files, and starts both again from them.
   *
   * @throws where the app runs on the local host
   */
  whileHostRests(work: (storageFolder: string) => void): Promise<void>;
  /** Name of the main secret of a client of the seeded connected registry. */
  secretOf(client: string): string;
  /** So many writes ARM gets from the app during some work. */
  armWrites(work: () => Promise<unknown>): Promise<number>;
  /** Ends everything. @throws if the app had an error that nobody handles */
  dispose(): Promise<void>;
}

/** Starts everything on free ports in a new data folder. */
export async function startTestStack(options: Partial<StackOptions> = {}): Promise<TestStack> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'onboarding-e2e-'));
  const hostFolder = join(dataFolder, 'host');
  const events: string[] = [];
  let stack: Stack | undefined;
  let host: FunctionsHost | undefined;
  const dispose = async (): Promise<void> => {
    await host?.stop();
    if (stack) await noteOperations(stack);
    await stack?.stop();
    try {
      refuseUnhandledErrors(dataFolder);
    } finally {
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  try {
    const started = await startStack({
      ...options,
      dataFolder,
      app: APP_FOLDER,
      // Timers that fire up to a second early are what the real host has too.
      settings: (world) => ({
        ...SHORT_WAITS,
        DURABLE_TIMERS_EARLY: '1',
        ...(typeof options.settings === 'function' ? options.settings(world) : options.settings),
      }),
      ...(ON_REAL_HOST ? { externalHost: { keysFile: join(hostFolder, 'keys.json') } } : {}),
      report: (line) => events.push(line),
    });
    stack = started;
    if (ON_REAL_HOST) host = await startFunctionsHost(orderFor(started, hostFolder));
    await started.connected;
    const { azure, edge, functions } = started.endpoints;
    const { https } = started.controlPlane;
    return {
      stack: started,
      app: new AppClient(functions.url, functions.key),
      operator: new OperatorSdk(started.endpoints),
      events,
      crashHost: () => (host ? crashRealHost(host) : crashLocalHost(started)),
      whileHostRests: async (work) => {
        if (!host) throw new Error('The local host has no storage of that kind.');
        await host.rest();
        work(join(hostFolder, 'azurite'));
        host = await startFunctionsHost(orderFor(started, hostFolder));
      },
      secretOf: (client) =>
        mainSecretName({ registry: azure.registry, connectedRegistry: edge.connectedRegistry, client }),
      armWrites: async (work) => {
        await forgetRequests(azure.arm, https);
        await work();
        return (await countArmRequests(azure.arm, https)).writes;
      },
      dispose,
    };
  } catch (error) {
    // Why it does not start is said by its own error.
    await dispose().catch(() => undefined);
    throw error;
  }
}

function orderFor(stack: Stack, data: string): HostOrder {
  return {
    app: APP_FOLDER,
    port: stack.ground.ports.host,
    data,
    env: JSON.parse(readFileSync(stack.appEnvironmentFile, 'utf8')) as Record<string, string>,
  };
}

async function crashRealHost(host: FunctionsHost): Promise<void> {
  await host.kill();
  await host.startAgain();
}

/** The launcher's supervision starts it again. */
async function crashLocalHost(stack: Stack): Promise<void> {
  const pid = stack.pidOf('host');
  stack.crash('host');
  await untilServedAgain(stack, pid);
}

/** Waits until another host process than `pid`, which was killed, answers. */
export async function untilServedAgain(stack: Stack, pid: number | undefined): Promise<void> {
  await until(
    async () => ![undefined, pid].includes(stack.pidOf('host')) && (await answers(stack.endpoints.functions.url)),
    (isServing) => isServing,
    'the functions host was started again',
    { pause: 20 },
  );
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
