import { createAgent } from '../../src/agent.js';
import type { Agent } from '../../src/agent.js';
import { webhook } from '../../src/channels/webhook.js';
import { createChecks } from '../../src/checks.js';
import type { ChecksOptions } from '../../src/checks.js';
import { machineClock } from '../../src/agentClock.js';
import { startListener } from '../../src/listener.js';
import type {
  CredentialPromoted,
  PullCheckReport,
  PullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { until } from './until.js';

/** An agent behind its real webhook, whose checks and reports the test sees and answers. */
export interface AgentUnderTest {
  url: string;
  agent: Agent;
  promoted: CredentialPromoted[];
  checks: { secret: { name: string; version: string }; image: string; signal: AbortSignal }[];
  reports: { request: PullCheckRequested; report: PullCheckReport }[];
  log: string[];
  /** Posts a body to the webhook and gives the status. */
  deliver(body: unknown, headers?: Record<string, string>): Promise<number>;
  /** Waits until no check and no report is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Options extends Partial<ChecksOptions> {
  clients?: ReadonlySet<string>;
  webhookKey?: string;
}

const OPEN = ['checksRunning', 'checksWaiting', 'reportsOpen'];

export async function startAgentUnderTest({ clients, webhookKey, ...options }: Options = {}): Promise<AgentUnderTest> {
  const promoted: CredentialPromoted[] = [];
  const log: string[] = [];
  const checks: AgentUnderTest['checks'] = [];
  const reports: AgentUnderTest['reports'] = [];
  const record = (message: string, facts?: object) => void log.push(JSON.stringify({ message, ...facts }));
  const agent = createAgent({
    clients,
    log: record,
    checks: createChecks({
      name: 'agent/test',
      concurrency: 2,
      checkTimeout: 10_000,
      clock: machineClock,
      log: record,
      check: async (secret, image, signal) => {
        checks.push({ secret, image, signal });
        return { outcome: 'pulled', digest: `sha256:${'a'.repeat(64)}`, bytes: 10, milliseconds: 5 };
      },
      report: async (request, report) => {
        reports.push({ request, report });
        return { end: 'accepted', tries: 1, last: '202' };
      },
      reported: () => undefined,
      ...options,
    }),
    keeper: {
      promoted: (promotion) => void promoted.push(promotion),
      health: () => ({ secretsKept: 0, secretsFailing: 0, acknowledgementsOpen: 0 }),
      stop: () => Promise.resolve(),
    },
  });
  const listener = await startListener({
    port: 0,
    host: '127.0.0.1',
    health: () => ({ status: 'ok', ...agent.health() }),
    events: webhook({ key: webhookKey, handle: agent.handle, log: record }),
  });
  const url = `http://127.0.0.1:${listener.port}`;
  return {
    url,
    agent,
    promoted,
    checks,
    reports,
    log,
    async deliver(body, headers = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`${url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json', ...headers },
        body: text,
      });
      await response.text();
      return response.status;
    },
    async idle() {
      const open = () => OPEN.some((name) => (agent.health()[name] ?? 0) > 0);
      await until('the agent is idle', () => !open());
    },
    async close() {
      await listener.close();
      await agent.stop();
    },
  };
}

export const REPORT_KEY = 'report-key-that-must-not-be-logged';

export function request(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    operation: 'onboard-hello.run1',
    run: 'run1',
    attempt: 1,
    client: 'device-1',
    connectedRegistry: 'myconnectedregistry',
    secret: { name: 'device-1-candidate', version: '0123456789abcdef' },
    image: 'hello-world:latest',
    keyId: 'k1',
    reportKey: REPORT_KEY,
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    ...changes,
  };
}

export function promotion(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    operation: 'onboard-hello.run1',
    run: 'run1',
    client: 'device-1',
    connectedRegistry: 'myconnectedregistry',
    secret: { name: 'device-1', version: 'v7' },
    ...changes,
  };
}

export function cloudEvent(data: unknown, type: string = PULL_CHECK_REQUESTED): Record<string, unknown> {
  return { specversion: '1.0', id: 'event-1', source: '/onboarding', type, time: new Date().toISOString(), data };
}

export function gridEvent(data: unknown, eventType: string = PULL_CHECK_REQUESTED): Record<string, unknown> {
  return {
    id: 'event-1',
    topic: '/t',
    subject: 's',
    eventType,
    eventTime: new Date().toISOString(),
    data,
    dataVersion: '1',
  };
}
