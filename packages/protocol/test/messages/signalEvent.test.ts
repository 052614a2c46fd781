import { describe, expect, test } from 'vitest';
import { clientKey } from '../../src/names/clientKey.js';
import { signalEvent, signalSubject } from '../../src/messages/signalEvent.js';
import { pullCheckRequested } from '../../src/messages/pullCheckMessages.js';

const subjectOf = (client: string, connectedRegistry = 'myconnectedregistry') => {
  const instance = clientKey({ registry: 'myregistry', connectedRegistry, client });
  const data = pullCheckRequested.parse({
    operation: `${instance}.run1`,
    run: 'run1',
    attempt: 1,
    client,
    connectedRegistry,
    secret: { name: `${instance}-candidate`, version: 'v' },
    image: 'a:1',
    keyId: 'k',
    reportKey: 'r',
    expiresAt: '2030-01-01T00:00:00Z',
  });
  return signalEvent({ kind: 'pullCheckRequested', id: '1', data }).subject;
};
const filterOf = (client: string) =>
  signalSubject({ registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client });
/** Event Grid ignores case by default (Azure docs: event-grid/event-filtering). */
const matches = (subject: string, beginsWith: string) => subject.toLowerCase().startsWith(beginsWith.toLowerCase());

describe('the subject of a message to a device', () => {
  const clients = ['dev-1', 'dev-10', 'DEV-1', 'Dev-1', 'dev-1-', 'dev-1.', 'dev', 'dev-1:0123456789abcdef'];

  test.each(clients)('begins with the filter of %s only', (client) => {
    const matching = clients.filter((other) => matches(subjectOf(client), filterOf(other)));
    expect(matching).toEqual([client]);
    expect(subjectOf(client)).toBe(filterOf(client));
  });

  test('ends with a separator and the hash of the key, as documented', () => {
    expect(filterOf('dev-1')).toMatch(/^connectedRegistries\/myconnectedregistry\/clients\/dev-1\/[0-9a-f]{16}$/);
    expect(clientKey({ registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'dev-1' })).toBe(
      `myregistry-myconnectedregistry-dev-1-${filterOf('dev-1').slice(-16)}`,
    );
  });
});
