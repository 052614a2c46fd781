import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { vi } from 'vitest';
import { Turns } from '../../../../src/azure/budget/turns.js';
import { FakeHints } from '../../fakes/services/hints.js';
import { createAzurePorts } from '../../../../src/azure/ports.js';
import { loadConfig, type Config } from '../../../../src/settings/config.js';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { done } from '../../../../src/domain/operations/stepOutcome.js';
import { inAuditScope } from '../../../../src/audit/audit.js';
import { auditedPorts } from '../../../../src/audit/auditedPorts.js';
import { outcomeOf } from '../../../../src/serviceErrors/outcomeOf.js';
import type { Ports } from '../../../../src/ports/ports.js';
import { Cloud } from '../../../shared/cloud.js';
import { formsOf } from './echoes.js';
import { EchoingLine } from './echoingLine.js';

/** Letters and digits only, which has the form of a code: one that goes through the app, and one that it never sees. */
export const STORED = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gAjR9kQz71LmX2vB5nT8cW';
const UNSEEN = 'Zq8WxE4rT6yU1iO3pA5sD7fG9hJ2kL0zXcVbNm4qWe6rTy8uIo1pA';
export const REPORT_KEY = 'Rk3vN7xQ2mZ9sL5tB8wY4cH6jD1fG0pKRk3vN7xQ2mZ9sL5tB8w';

/** The app's ports on the real SDK clients, over https to a line that echoes. */
export interface HostileAzure {
  readonly cloud: Cloud;
  readonly line: EchoingLine;
  readonly config: Config;
  /** Resource id of the vault. */
  readonly vaultId: string;
  /** New clients: nothing that they keep, tokens for instance, is there yet. */
  ports(entra?: 'direct' | 'echoing'): Ports;
  close(): Promise<void>;
  /** Lets a day pass for the limits that the ports keep to. */
  passADay(): void;
}

export async function startHostileAzure(): Promise<HostileAzure> {
  const cloud = await Cloud.start({
    settings: { asynchronousWrites: 'always', operationMilliseconds: 1, throttling: 0 },
  });
  const line = await EchoingLine.open(cloud.url, join(cloud.directory, 'tls'));
  const { identities, tenantId } = cloud.running.world;
  const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const loaded = loadConfig({
    REGISTRIES: cloud.registryId,
    ARM_ENDPOINT: line.url,
    ARM_AUDIENCE: 'https://management.azure.com',
    KEY_VAULT_URL: line.url,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    SIGNAL_TOPIC_ENDPOINT: `${line.url}/topics/signals/api/events`,
    REPORT_KEYS: `k1:${Buffer.alloc(32, 3).toString('base64url')}`,
    CREDENTIAL_KIND: 'clientSecret',
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: identities.app.clientId,
    AZURE_CLIENT_SECRET: identities.app.clientSecret,
    DISABLE_INSTANCE_DISCOVERY: 'true',
    POLL_AUDIENCE: 'api://onboarding',
  });
  const config = { ...loaded, hubs: { 'plant-hub': `${line.url}/iothub` } };
  const secretValues = [STORED, UNSEEN, REPORT_KEY, identities.app.clientSecret];
  for (const password of [STORED, UNSEEN]) {
    const file = dockerConfig('localhost:8000', 'a-token', password);
    secretValues.push(file, Buffer.from(`a-token:${password}`).toString('base64'));
  }
  for (const value of secretValues) line.secrets.add(value);
  line.stored.push(STORED, UNSEEN);
  // A hostile 429 keeps its kind of request waiting for up to an hour.
  let passed = 0;
  const clock = { now: () => Date.now() + passed, sleep: setTimeout };
  return {
    cloud,
    line,
    config,
    vaultId: cloud.vaultId,
    passADay: () => void (passed += 86_400_000),
    ports: (entra = 'direct') => {
      const authorityHost = entra === 'direct' ? cloud.url : line.url;
      return auditedPorts(
        createAzurePorts(
          { ...config, identity: { ...config.identity, authorityHost } },
          new Turns(clock),
          new FakeHints(),
        ),
      );
    },
    close: async () => {
      if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
      await line.close();
      await cloud.end();
    },
  };
}

/** The traces of a call: its error, its outcome as an activity, and its log and audit lines. */
export async function tracesOf(call: () => Promise<unknown>): Promise<string[]> {
  const traces: string[] = [];
  const spies = (['debug', 'error', 'info', 'log', 'warn'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...args) => void traces.push(inspect(args, EVERYTHING))),
  );
  try {
    const outcome = await inAuditScope({ log: (text) => void traces.push(text), actor: 'test' }, () =>
      outcomeOf(async () => {
        try {
          return done(await call());
        } catch (error) {
          traces.push(inspect(error, EVERYTHING), String(error), JSON.stringify(error));
          throw error;
        }
      }),
    );
    traces.push(JSON.stringify(outcome));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return traces;
}

const EVERYTHING = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity } as const;

/** The traces that contain a secret, each shortened to the text around it. */
export function leaks(traces: readonly string[], secrets: Iterable<string>): string[] {
  const forms = [...secrets].flatMap(formsOf);
  return traces.flatMap((trace) => {
    const form = forms.find((one) => trace.includes(one));
    if (form === undefined) return [];
    const at = trace.indexOf(form);
    return [trace.slice(Math.max(0, at - 80), at + form.length + 20)];
  });
}
