import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { Ports } from './ports.js';
import type { NewAssignment, SecretAssignment } from './readAccess.js';
import type { SecretVault, SecretVersion } from './secretVault.js';

/**
 * What the audit calls the writes of ports: `{resource}.{operation}`. docs/operations.md explains each (a test compares
 * the two).
 */
export const WRITE_ACTIONS = [
  'clientList.replace',
  'enrolment.alert',
  'password.clear',
  'password.generate',
  'promotion.announce',
  'pullCheck.request',
  'roleAssignment.create',
  'roleAssignment.delete',
  'rollout.alert',
  'rotation.alert',
  'scopeMap.create',
  'scopeMap.delete',
  'scopeMap.restore',
  'sealedMessage.send',
  'secret.delete',
  'secret.disable',
  'secret.promote',
  'secret.save',
  'secret.seal',
  'secret.tag',
  'sweep.alert',
  'token.create',
  'token.delete',
  'token.disable',
  'token.enable',
  'token.move',
] as const;
export type WriteAction = (typeof WRITE_ACTIONS)[number];

/** What the audit says of a method: the words for a write and the resource it names, or that it writes nothing. */
export type PortCallAudit<Args extends readonly unknown[]> =
  | 'not audited'
  | {
      /** `{resource}.{operation}`, the first two words of the audit's action. */
      readonly action: WriteAction;
      /** Gives the name of the resource that a call writes: never a value. */
      readonly resource: (...args: Args) => string;
    };

type TableOf<Port> = {
  readonly [Method in keyof Port]: Port[Method] extends (...args: infer Args) => unknown ? PortCallAudit<Args> : never;
};
/** The vaults are several ports of one kind, with one entry. */
type PortCallTable = {
  readonly [Name in keyof Ports]: TableOf<Name extends 'vaults' ? SecretVault : Ports[Name]>;
};

const inRegistry = (registry: string, name: string): string => `${registry}/${name}`;
const first = (id: string): string => id;
const ofSecret = ({ name }: Pick<SecretVersion, 'name'>): string => name;
const ofReader = (_vault: string, { secret, principalId }: NewAssignment): string => `${principalId}/${secret}`;
const ofAssignment = (_vault: string, { secret, name }: Pick<SecretAssignment, 'name' | 'secret'>): string =>
  `${name}/${secret}`;

/**
 * Every method of every port, and what the audit says of it. The type has an entry for each method, so a method without
 * one does not compile: whoever adds a write decides here what the audit calls it.
 */
export const PORT_CALLS: PortCallTable = {
  controlPlane: {
    getRegistry: 'not audited',
    listConnectedRegistries: 'not audited',
    getConnectedRegistry: 'not audited',
    setClientTokens: { action: 'clientList.replace', resource: inRegistry },
    getScopeMap: 'not audited',
    createScopeMap: { action: 'scopeMap.create', resource: inRegistry },
    setScopeMapActions: { action: 'scopeMap.restore', resource: inRegistry },
    deleteScopeMap: { action: 'scopeMap.delete', resource: inRegistry },
    getToken: 'not audited',
    listTokens: 'not audited',
    listScopeMaps: 'not audited',
    listTokensOf: 'not audited',
    createToken: { action: 'token.create', resource: inRegistry },
    setTokenScopeMap: { action: 'token.move', resource: inRegistry },
    disableToken: { action: 'token.disable', resource: inRegistry },
    enableToken: { action: 'token.enable', resource: inRegistry },
    keepOnlySlots: { action: 'password.clear', resource: inRegistry },
    deleteToken: { action: 'token.delete', resource: inRegistry },
    generatePassword: { action: 'password.generate', resource: inRegistry },
  },
  vaults: {
    current: 'not audited',
    newest: 'not audited',
    page: 'not audited',
    versions: 'not audited',
    tagsOfDeleted: 'not audited',
    store: { action: 'secret.save', resource: first },
    copy: { action: 'secret.promote', resource: (_from, to) => to },
    updateTags: { action: 'secret.tag', resource: ofSecret },
    disable: { action: 'secret.disable', resource: ofSecret },
    remove: { action: 'secret.delete', resource: first },
  },
  sealed: { seal: { action: 'secret.seal', resource: ofSecret } },
  devices: {
    requestPullCheck: { action: 'pullCheck.request', resource: first },
    announcePromotion: { action: 'promotion.announce', resource: first },
    sendSealed: { action: 'sealedMessage.send', resource: first },
  },
  hubs: { hasDevice: 'not audited', reportedKeys: 'not audited' },
  alerts: {
    rotationFailed: { action: 'rotation.alert', resource: first },
    rotationsStopped: { action: 'sweep.alert', resource: first },
    rolloutPaused: { action: 'rollout.alert', resource: first },
    rolloutCompleted: { action: 'rollout.alert', resource: first },
    enrolmentRefused: { action: 'enrolment.alert', resource: (_id, client) => clientKey(client) },
  },
  access: {
    listAssignments: 'not audited',
    createAssignment: { action: 'roleAssignment.create', resource: ofReader },
    deleteAssignment: { action: 'roleAssignment.delete', resource: ofAssignment },
    findAssignment: 'not audited',
    mayAssign: 'not audited',
    countAssignments: 'not audited',
  },
  self: { names: 'not audited', namesOf: 'not audited', as: 'not audited' },
};
