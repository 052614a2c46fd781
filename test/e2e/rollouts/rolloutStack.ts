import { startDevices, type DeviceReply } from '@connected-registry/local-stack/bench/fleet/devices';
import { buildFleet, sitesOf, type Site } from '@connected-registry/local-stack/bench/fleet/fleetWorld';
import { UNTHROTTLED } from '@connected-registry/local-stack/stack/unthrottled';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { Rollouts } from './rollouts.js';

/** Clients of one connected registry: more than the files of this folder onboard on one. */
const MANY_CLIENTS = 500;
/** Where devices reach their connected registries. Nothing is pulled from there: the reports are made up. */
export const ENDPOINT = 'edge.rollouts.test:443';
/** ARM's published limits, at the factor 1. */
const PUBLISHED = {
  ARM_READ_BUCKET: 250,
  ARM_READS_PER_SECOND: 25,
  ARM_WRITE_BUCKET: 200,
  ARM_WRITES_PER_SECOND: 10,
  ARM_DELETE_BUCKET: 200,
  ARM_DELETES_PER_SECOND: 10,
};

/** What devices report. A client or a whole site that is in one of the sets does not pull. */
export class Agents {
  /** Connected registries whose agents report nothing. */
  readonly silent = new Set<string>();
  /** Connected registries that serve other bytes than were requested. */
  readonly corrupt = new Set<string>();

  readonly reply: DeviceReply = ({ connectedRegistry }) => {
    if (this.silent.has(connectedRegistry)) return undefined;
    return this.corrupt.has(connectedRegistry) ? 'digest-mismatch' : 'pulled';
  };

  /** The agents of a site work from now on. */
  repair({ connectedRegistry }: Pick<Site, 'connectedRegistry'>): void {
    this.silent.delete(connectedRegistry);
    this.corrupt.delete(connectedRegistry);
  }
}

/** A stack with several connected registries, whose agents the test controls. */
export interface RolloutStack {
  readonly it: TestStack;
  readonly rollouts: Rollouts;
  readonly agents: Agents;
  readonly sites: readonly Site[];
  dispose(): Promise<void>;
}

export interface RolloutStackOptions {
  readonly sites: number;
  /** Settings of the app. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Share of ARM's published limits that ARM and the app's budget have; 0 or absent: nothing is throttled. */
  readonly throttling?: number;
}

/** Starts everything; connected registries have synced once. */
export async function startRolloutStack(options: RolloutStackOptions): Promise<RolloutStack> {
  const { throttling = 0 } = options;
  const size = { clients: 0, connectedRegistries: options.sites, registries: 1 };
  const agents = new Agents();
  const it = await startTestStack({
    device: false,
    settings: {
      ...(throttling === 0 ? UNTHROTTLED : scaled(throttling)),
      CLIENTS_PER_CONNECTED_REGISTRY: String(MANY_CLIENTS),
      PASSWORD_REPLICATION_SECONDS: '1',
      REPORT_TIMEOUT_SECONDS: '3',
      PULL_CHECK_RETRY_SECONDS: '1',
      REPORTS_PER_MINUTE: '100000',
      ALLOWED_ENDPOINTS: ENDPOINT,
      ...options.settings,
    },
    prepare: async (controlPlane) => {
      const change = (body: unknown) =>
        controlPlane.https(`${controlPlane.url}/_control/settings`, { method: 'PATCH', body });
      await change({ clientsPerConnectedRegistry: MANY_CLIENTS, throttling: 0, replicationSeconds: 1 });
      await buildFleet(controlPlane, size, []);
      await change({ throttling });
      return {};
    },
  });
  const { controlPlane, endpoints } = it.stack;
  try {
    const devices = await startDevices(controlPlane, endpoints.functions.url, agents.reply);
    return {
      it,
      rollouts: new Rollouts(it),
      agents,
      sites: sitesOf(controlPlane.world, size),
      dispose: async () => {
        await devices.close();
        await it.dispose();
      },
    };
  } catch (error) {
    await it.dispose();
    throw error;
  }
}

function scaled(factor: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, value]) => [name, String(Math.max(1, Math.round(value * factor)))]),
  );
}

/** So many new clients of a site. */
export function clientsOf({ registry, connectedRegistry }: Site, prefix: string, count: number): ClientReference[] {
  return Array.from({ length: count }, (_, n) => ({ registry, connectedRegistry, client: `${prefix}-${n + 1}` }));
}

/** A failure limit that is never reached. */
export const NO_LIMIT = { percent: 100, minimum: MAX_ROLLOUT_ROWS };

/** The body of a rollout that onboards clients, in one wave. */
export function onboardingOf(
  clients: readonly ClientReference[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    kind: 'onboard',
    defaults: { repositories: ['hello-world'], endpoint: ENDPOINT },
    clients,
    waves: { size: clients.length },
    failureLimit: NO_LIMIT,
    ...more,
  };
}
