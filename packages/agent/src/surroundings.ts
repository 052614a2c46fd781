import type { TokenCredential } from '@azure/identity';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { AgentClock } from './agentClock.js';
import { startAsking } from './channels/asking.js';
import type { Channel, SignalHandler } from './channels/channel.js';
import { startIotHub } from './channels/iotHub/iotHub.js';
import { startPolling } from './channels/poll.js';
import type { ClockSkew } from './clockSkew.js';
import { openHubDevice } from './joined/hub/hubDevice.js';
import { openJoinedDevice } from './joined/joinedDevice.js';
import type { Log } from './log.js';
import { credentialOf } from './secrets/identity.js';
import { keyVaultReader } from './secrets/vault.js';
import type { SecretReader } from './secrets/vault.js';
import { BadSettings } from './settings/badSettings.js';
import type { ChannelSettings } from './settings/channel.js';
import type { CheckSettings, SecretSource } from './settings/check.js';
import type { ServiceSettings } from './settings/command.js';

/** What an agent shares with its channel. */
export interface ChannelPorts {
  handle: SignalHandler;
  clock: AgentClock;
  log: Log;
}

/** What is around an agent: the app, the source of secrets, and the channel that messages come by. */
export interface Surroundings {
  reportUrl: string;
  /** The clients that the agent answers for; undefined for all clients. */
  clients: ReadonlySet<string> | undefined;
  secrets: SecretReader;
  /** Names of main secrets to keep, and no others; empty for those that are promoted. */
  listed: readonly string[];
  /** Names of main secrets to keep from the start, beside those that are promoted. */
  known: readonly string[];
  /** Starts the channel, if the agent is the one that opens it. */
  startChannel(ports: ChannelPorts): Channel | undefined;
  /** What `GET /health` says of the channel besides its connection. */
  health(): Record<string, unknown>;
  close(): Promise<void>;
}

export interface SurroundingsPorts {
  clock: AgentClock;
  log: Log;
  skew: ClockSkew;
  /** The agent's identity, instead of the one in the settings. */
  credential?: TokenCredential;
}

/**
 * Puts together what the settings name.
 * @throws JoinFolderFailure if the agent is to run as a device that has joined, and cannot
 */
export async function surroundingsOf(settings: ServiceSettings, ports: SurroundingsPorts): Promise<Surroundings> {
  const { channel, check, reportUrl } = settings;
  if (channel.kind === 'joined') return joinedSurroundings(settings, channel, ports);
  if (channel.kind === 'iotHub' && check.secrets.kind === 'hub')
    return hubSurroundings(check, channel, check.secrets, ports);
  // The reader of settings gives every other channel a vault and the app's address.
  if (check.secrets.kind !== 'vault' || reportUrl === undefined) throw new BadSettings('REPORT_URL: is missing');
  return entraSurroundings({ ...settings, reportUrl }, check.secrets, ports);
}

function entraSurroundings(
  { channel, check, clients, consumers, reportUrl }: ServiceSettings & { reportUrl: string },
  { identity, vault }: Extract<SecretSource, { kind: 'vault' }>,
  { skew, ...ports }: SurroundingsPorts,
): Surroundings {
  const credential = ports.credential ?? credentialOf(identity);
  return {
    reportUrl,
    clients,
    secrets: keyVaultReader(vault, credential, (date) => skew.observe(date)),
    listed: consumers.secrets,
    known: [],
    startChannel(common) {
      if (channel.kind === 'poll') {
        return startPolling({ ...channel, ...common, url: reportUrl, skew, credential, timeout: check.idleTimeout });
      }
      return channel.kind === 'iotHub' ? startIotHub({ ...channel, ...common }) : undefined;
    },
    health: () => ({}),
    close: () => Promise.resolve(),
  };
}

/** A device that gets its messages and secrets sealed to keys of its own, through its hub and from the app. */
async function hubSurroundings(
  { idleTimeout: timeout }: CheckSettings,
  channel: Extract<ChannelSettings, { kind: 'iotHub' }>,
  { url, folder }: Extract<SecretSource, { kind: 'hub' }>,
  { clock, skew, log }: SurroundingsPorts,
): Promise<Surroundings> {
  const { hostName: hub, deviceId, moduleId } = channel.identity;
  const place = { hub, device: deviceId, ...(moduleId !== undefined && { module: moduleId }) };
  const device = await openHubDevice({ folder, url, place, timeout, clock, skew, log });
  return {
    reportUrl: url,
    clients: new Set([deviceId]),
    secrets: device.secrets,
    listed: [],
    // So that an engine's file that was lost is written again without another promotion.
    known: device.known,
    startChannel: (common) => startIotHub({ ...channel, ...common, device }),
    health: () => device.health(),
    close: () => device.close(),
  };
}

async function joinedSurroundings(
  { check }: ServiceSettings,
  channel: Extract<ChannelSettings, { kind: 'joined' }>,
  ports: SurroundingsPorts,
): Promise<Surroundings> {
  const { skew } = ports;
  const device = await openJoinedDevice({ ...channel, ...ports, timeout: check.idleTimeout });
  const { membership, secrets } = device;
  return {
    reportUrl: membership.url,
    clients: new Set([membership.client]),
    secrets,
    // The client is known, so that a device which was rebuilt has its credential without another promotion.
    listed: [mainSecretName(membership)],
    known: [],
    startChannel: (common) => startAsking({ ...channel, ...common, skew, ask: device.ask, read: device.read }),
    health: () => device.health(),
    close: () => device.close(),
  };
}
