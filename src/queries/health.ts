import { armPrincipals } from '../settings/armIdentities.js';
import type { Config } from '../settings/config.js';
import type { VaultConfig } from '../settings/vaults.js';
import type { HealthAnswer, TriedRight } from '@connected-registry/protocol/answers/healthAnswer';
import type { Ports } from '../ports/ports.js';
import { ServiceError } from '../serviceErrors/serviceError.js';

/** Names of resources that do not exist: a 404 shows that the read is allowed. */
const NOTHING = { token: 'health-probe', scopeMap: 'health-probe', secret: 'health-probe', device: 'health-probe' };

const ACR = 'Microsoft.ContainerRegistry/registries';

/** A right, and a read that needs it. */
interface Probe {
  readonly right: string;
  readonly on: string;
  /** Client id of the identity that needs it, if the app has several. */
  readonly identity?: string;
  /** How to get the right. */
  readonly fix: string;
  /** Resolves to false when the answer does not show the right although the read was not refused. */
  readonly read: () => Promise<boolean | void>;
}

export type Health = () => Promise<HealthAnswer>;

/** Tests each right of the app by a read. A right that only a write can show is reported as unknown. */
export function createHealth(ports: Ports, config: Config): Health {
  const probes = [
    ...armPrincipals(config).flatMap((identity) => ofIdentity(ports, config, identity)),
    ...config.vaults.flatMap((vault) => vaultProbes(ports, vault)),
    ...Object.keys(config.hubs).map((hub) => hubProbe(ports, hub)),
  ];
  const untried = rightsUntried(config);
  return async () => {
    const tried = await Promise.all(probes.map(tryRight));
    const isFaulty = tried.some(({ state }) => state !== 'given');
    return { state: isFaulty ? 'faulty' : 'ok', rights: [...tried, ...untried] };
  };
}

async function tryRight({ fix, read, ...probe }: Probe): Promise<TriedRight> {
  try {
    if ((await read()) !== false) return { ...probe, state: 'given' };
    return { ...probe, state: 'missing', reason: 'it is not there, or hidden for want of the right', fix };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const reason = error.message;
    if (error.kind === 'forbidden') return { ...probe, state: 'missing', reason, fix };
    return { ...probe, state: 'unreachable', reason };
  }
}

/** What each identity needs to call Resource Manager. Its requests are sent with that identity. */
function ofIdentity(ports: Ports, config: Config, identity: string): Probe[] {
  const { self } = ports;
  const probes = [identityProbe(ports, config, identity)];
  for (const { name } of config.registries) probes.push(...registryProbes(ports, name));
  if (config.arm.identities.length === 0) return probes;
  return probes.map((probe) => ({ ...probe, identity, read: () => self.as(identity, probe.read) }));
}

function identityProbe({ self }: Ports, { arm }: Config, identity: string): Probe {
  const setting = arm.identities.includes(identity) ? 'add it to ARM_IDENTITIES' : 'set AZURE_CLIENT_ID to it';
  return {
    right: 'an access token of Microsoft Entra',
    on: arm.audience,
    fix: `Assign the identity to the function app, set CREDENTIAL_KIND to its kind, and ${setting}.`,
    read: async () => void (await self.namesOf(identity)),
  };
}

function registryProbes({ controlPlane }: Ports, registry: string): Probe[] {
  const fix =
    'Assign the role of infra/modules/onboardingRole.json to the app on this registry (azd provision does it).';
  const probe = (right: string, read: Probe['read']): Probe => ({ right: `${ACR}/${right}`, on: registry, fix, read });
  return [
    probe('read', async () => (await controlPlane.getRegistry(registry)) !== undefined),
    probe('connectedRegistries/read', async () => void (await controlPlane.listConnectedRegistries(registry))),
    probe('tokens/read', async () => void (await controlPlane.getToken(registry, NOTHING.token))),
    probe('scopeMaps/read', async () => void (await controlPlane.getScopeMap(registry, NOTHING.scopeMap))),
  ];
}

function vaultProbes({ vaults }: Ports, { host: on }: VaultConfig): Probe[] {
  const vault = vaults.of(on);
  const fix = 'Assign Key Vault Secrets Officer to the app on this vault (azd provision does it).';
  const secrets = 'Microsoft.KeyVault/vaults/secrets';
  return [
    { right: `${secrets}/readMetadata/action`, on, fix, read: async () => void (await vault.page()) },
    { right: `${secrets}/getSecret/action`, on, fix, read: async () => void (await vault.current(NOTHING.secret)) },
  ];
}

function hubProbe({ hubs }: Ports, hub: string): Probe {
  return {
    right: 'Microsoft.Devices/IotHubs/devices/read',
    on: hub,
    fix: 'Assign IoT Hub Data Contributor to the app on this hub (azd provision does it).',
    read: async () => void (await hubs.hasDevice(hub, NOTHING.device)),
  };
}

/** Rights that only an onboarding can show. */
function rightsUntried({ registries, vaults, signalTopic }: Config): TriedRight[] {
  const reason = 'only a write shows it, and none was sent; the first onboarding shows it';
  return [
    ...registries.map(({ name }) => ({ right: `${ACR}/* (writes)`, on: name })),
    ...vaults.map(({ host }) => ({ right: 'Microsoft.KeyVault/vaults/secrets/setSecret/action', on: host })),
    { right: 'Microsoft.EventGrid/events/send/action', on: new URL(signalTopic.endpoint).host },
  ].map((one) => ({ ...one, state: 'unknown' as const, reason }));
}
