import { VERSION } from '@connected-registry/protocol/names/version';
import type { TokenCredential } from '@azure/identity';
import type { Agent } from './agent.js';
import { createAgent } from './agent.js';
import type { Channel } from './channels/channel.js';
import type { SignalHandler } from './channels/channel.js';
import { webhook } from './channels/webhook.js';
import { createChecks } from './checks.js';
import type { AgentClock } from './agentClock.js';
import { createClockSkew } from './clockSkew.js';
import type { ClockSkew } from './clockSkew.js';
import { dockerConfigFile } from './consumers/dockerConfigFile.js';
import type { Consumer } from './consumers/consumer.js';
import { pullSecret } from './consumers/pullSecret.js';
import { Keeper } from './keeper/keeper.js';
import { HANGING, startListener } from './listener.js';
import type { Log } from './log.js';
import { pullCheckOptions } from './pullCheckOptions.js';
import { runPullCheck } from './pullCheck.js';
import { sendAcknowledgement, sendReport } from './reporter.js';
import type { SecretReader } from './secrets/vault.js';
import type { ConsumerSettings } from './settings/consumers.js';
import type { ServiceSettings } from './settings/command.js';
import { surroundingsOf } from './surroundings.js';
import type { Surroundings } from './surroundings.js';

/** What the caller provides to an agent. */
export interface AgentPorts {
  clock: AgentClock;
  log: Log;
  /** The agent's identity, instead of the one in the settings. */
  credential?: TokenCredential;
  /** The source of secrets, instead of the vault in the settings. */
  secrets?: SecretReader;
}

/** A running agent. Several may run in one process; they share nothing. */
export interface RunningAgent {
  /** Port of `GET /health`, and of `POST /events` with the channel webhook. */
  port: number;
  /** Hands a signal to the agent, as a channel does. */
  handle: SignalHandler;
  health(): Record<string, unknown>;
  stop(): Promise<void>;
}

/** The agent's name in reports and acknowledgements. */
export const AGENT_NAME = `connected-registry-pull-check/${VERSION}`;

/**
 * Creates and starts an agent.
 * @throws if the port is not available, or the agent is to run as a device that has joined, and cannot
 */
export async function startAgent(settings: ServiceSettings, ports: AgentPorts): Promise<RunningAgent> {
  const skew = createClockSkew(ports.clock, ports.log);
  const surroundings = await surroundingsOf(settings, { ...ports, skew });
  try {
    return await startIn(surroundings, settings, ports, skew);
  } catch (error) {
    await surroundings.close();
    throw error;
  }
}

async function startIn(
  surroundings: Surroundings,
  settings: ServiceSettings,
  ports: AgentPorts,
  skew: ClockSkew,
): Promise<RunningAgent> {
  const { clock, log } = ports;
  const { check, channel: channelSettings } = settings;
  const options = pullCheckOptions(check, ports.secrets ?? surroundings.secrets);
  const reporter = { reportUrl: surroundings.reportUrl, clock, timeout: check.idleTimeout, skew };
  let channel: Channel | undefined;
  const checks = createChecks({
    name: AGENT_NAME,
    check: (secret, image, signal, owner) => runPullCheck(secret, image, options, signal, owner),
    report: (request, report, signal) => sendReport(request, report, reporter, signal),
    concurrency: settings.concurrency,
    checkTimeout: check.checkTimeout,
    skew,
    clock,
    log,
    reported: (request, result) => channel?.reported?.(request, result),
  });
  const keeper = new Keeper({
    secrets: options.secrets,
    consumers: consumersOf(settings.consumers),
    listed: surroundings.listed,
    known: surroundings.known,
    refresh: settings.consumers.refresh,
    acknowledge: (promotion, version, signal) =>
      sendAcknowledgement(promotion, { version, agent: AGENT_NAME }, reporter, signal),
    clock,
    log,
    delivered: (promotion, version) => channel?.delivered?.(promotion, version),
  });
  const agent: Agent = createAgent({ clients: surroundings.clients, checks, keeper, log });
  const health = () => {
    const work = agent.health();
    const seconds = skew.seconds();
    return {
      status: (work['checksHanging'] ?? 0) + (work['secretsHanging'] ?? 0) > 0 ? HANGING : 'ok',
      channel: {
        kind: channelSettings.kind,
        ...(channel?.health() ?? { connected: true }),
        ...surroundings.health(),
      },
      ...work,
      ...(seconds !== undefined && { clockSkewSeconds: seconds }),
    };
  };
  const listener = await startListener({
    port: settings.port,
    host: settings.host,
    health,
    ...(channelSettings.kind === 'webhook' && {
      events: webhook({ key: channelSettings.key, handle: agent.handle, log }),
    }),
  });
  keeper.start();
  channel = surroundings.startChannel({ handle: agent.handle, clock, log });
  return {
    port: listener.port,
    handle: agent.handle,
    health,
    async stop() {
      await Promise.all([channel?.close(), listener.close(), agent.stop()]);
      await surroundings.close();
    },
  };
}

function consumersOf({ dockerConfigFile: file, pullSecrets, kubernetes }: ConsumerSettings): Consumer[] {
  return [
    ...(file === undefined ? [] : [dockerConfigFile(file)]),
    ...(kubernetes ? pullSecrets.map((name) => pullSecret(name, kubernetes)) : []),
  ];
}
