import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { inAuditScope } from '../../../src/audit/audit.js';
import { auditedPorts } from '../../../src/audit/auditedPorts.js';
import { PORT_CALLS } from '../../../src/ports/portCalls.js';
import type { Ports } from '../../../src/ports/ports.js';
import type { SecretVault } from '../../../src/ports/secretVault.js';
import { onlyVault } from '../fakes/services/vaults.js';

/** For each port the methods that write: example arguments, the audit's words and the resource that it names. */
type Writes = {
  readonly [Name in keyof Ports]: Readonly<
    Record<string, readonly [args: readonly unknown[], words: string, resource: string]>
  >;
};

const REFERENCE = { registry: 'myregistry', connectedRegistry: 'shop12', client: 'sensor-7' };
const SECRET = { name: 'a-secret', version: 'v1' };
const WRITES: Writes = {
  controlPlane: {
    setClientTokens: [['r', 'cr', ['t']], 'clientList.replace', 'r/cr'],
    createScopeMap: [['r', 'map', { actions: [], description: '' }], 'scopeMap.create', 'r/map'],
    setScopeMapActions: [['r', 'map', []], 'scopeMap.restore', 'r/map'],
    deleteScopeMap: [['r', 'map'], 'scopeMap.delete', 'r/map'],
    createToken: [['r', 't', 'map'], 'token.create', 'r/t'],
    setTokenScopeMap: [['r', 't', 'map'], 'token.move', 'r/t'],
    disableToken: [['r', 't'], 'token.disable', 'r/t'],
    enableToken: [['r', 't', []], 'token.enable', 'r/t'],
    keepOnlySlots: [['r', 't', []], 'password.clear', 'r/t'],
    deleteToken: [['r', 't'], 'token.delete', 'r/t'],
    generatePassword: [['r', 't', 'password1', new Date(0)], 'password.generate', 'r/t'],
  },
  vaults: {
    store: [['a-secret', 'top-secret', {}], 'secret.save', 'a-secret'],
    copy: [[SECRET, 'another', {}], 'secret.promote', 'another'],
    updateTags: [[SECRET, {}], 'secret.tag', 'a-secret'],
    disable: [[SECRET], 'secret.disable', 'a-secret'],
    remove: [['a-secret'], 'secret.delete', 'a-secret'],
  },
  sealed: { seal: [[SECRET, {}, {}], 'secret.seal', 'a-secret'] },
  devices: {
    requestPullCheck: [['id', {}, {}], 'pullCheck.request', 'id'],
    announcePromotion: [['id', {}, {}], 'promotion.announce', 'id'],
    sendSealed: [['id', {}, {}], 'sealedMessage.send', 'id'],
  },
  hubs: {},
  alerts: {
    rotationFailed: [['id', {}], 'rotation.alert', 'id'],
    rotationsStopped: [['id', {}], 'sweep.alert', 'id'],
    rolloutPaused: [['id', {}], 'rollout.alert', 'id'],
    rolloutCompleted: [['id', {}], 'rollout.alert', 'id'],
    enrolmentRefused: [['id', REFERENCE], 'enrolment.alert', clientKey(REFERENCE)],
  },
  access: {
    createAssignment: [['vault', { secret: 'a-secret', principalId: 'p' }], 'roleAssignment.create', 'p/a-secret'],
    deleteAssignment: [['vault', { secret: 'a-secret', name: 'n' }], 'roleAssignment.delete', 'n/a-secret'],
  },
  self: {},
};

type Method = (...args: unknown[]) => Promise<unknown>;
const METHODS = Object.entries(PORT_CALLS).flatMap(([port, table]) =>
  Object.keys(table).map((method) => [port as keyof Ports, method] as const),
);

/** The object as the port of this name. */
const asPort = (port: string, methods: object): unknown =>
  port === 'vaults' ? onlyVault(methods as SecretVault) : methods;

/** The methods of a port; those of the vaults are each vault's. */
const methodsOf = (ports: Ports, port: keyof Ports) =>
  (port === 'vaults' ? ports.vaults.of(undefined) : ports[port]) as unknown as Readonly<Record<string, Method>>;

/** Ports whose methods all do nothing, and succeed. */
const idle = Object.fromEntries(
  Object.entries(PORT_CALLS).map(([port, table]) => [
    port,
    asPort(port, Object.fromEntries(Object.keys(table).map((method) => [method, () => Promise.resolve('answer')]))),
  ]),
) as unknown as Ports;

async function linesOf(ports: Ports, port: keyof Ports, method: string): Promise<unknown[]> {
  const lines: unknown[] = [];
  const audited = methodsOf(auditedPorts(ports), port);
  const [args] = WRITES[port][method] ?? [['a', 'b']];
  const scope = { log: (line: string) => void lines.push(JSON.parse(line)), actor: 'Ada' };
  await inAuditScope(scope, async () => audited[method]?.(...args)).catch(() => undefined);
  return lines;
}

describe('the audit of a port’s methods', () => {
  test.each(METHODS)('%s.%s has exactly its line, and a read has none', async (port, method) => {
    const [, words, resource] = WRITES[port][method] ?? [];
    expect(await linesOf(idle, port, method)).toEqual(
      words === undefined ? [] : [{ audit: `${words}.succeeded`, actor: 'Ada', resource }],
    );
  });

  test('covers every write that this test knows', () => {
    const known = Object.entries(WRITES).flatMap(([port, writes]) => Object.keys(writes).map((name) => [port, name]));
    expect(METHODS).toEqual(expect.arrayContaining(known));
  });

  test.each(METHODS)('%s.%s passes results on, and is called as a method of its port', async (port, method) => {
    const own = {
      [method](this: unknown, ...args: unknown[]) {
        return Promise.resolve([this === own, args]);
      },
    };
    const audited = methodsOf(auditedPorts({ ...idle, [port]: asPort(port, own) }), port);
    const [args] = WRITES[port][method] ?? [['a', 'b']];
    expect(await audited[method]?.(...args)).toEqual([true, args]);
  });
});
