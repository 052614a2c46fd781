import { describe, expect, test } from 'vitest';
import { judgeClient, type KnownClient } from '../../../../src/domain/check/clientJudgement.js';
import { rightsHash } from '@connected-registry/protocol/names/permissions';

const NOW = new Date('2026-03-10T12:00:00Z');
const ISSUED = '2026-03-01T12:00:03.000Z';
const ACTIONS = ['repositories/a/content/read', 'repositories/b/content/read'];
const tags: KnownClient['tags'] = {
  registry: 'myregistry',
  connectedRegistry: 'MyConnectedRegistry',
  client: 'sensor-7',
  token: 'a-token',
  scopeMap: 'a-map',
  slot: 'password1',
  expiresOn: '2026-05-30T12:00:03.000Z',
  issued: { run: 'r', attempt: 1, slotCreatedAt: ISSUED, endpoint: 'edge:8000' },
  made: { scopeMap: true, token: true, rights: rightsHash(ACTIONS) },
};
const good: KnownClient = {
  vaultHost: 'edge-vault.vault.azure.net',
  tags,
  secretIsEnabled: true,
  token: {
    scopeMap: 'A-Map',
    isEnabled: true,
    slots: { password1: { createdAt: '2026-03-01T12:00:03Z', expiresAt: '2026-05-31T12:00:03Z' } },
  },
  actions: ACTIONS.toReversed(),
  connectedRegistry: { loginServer: 'Edge:8000', clientTokens: ['other', 'A-TOKEN'] },
};
const { token, connectedRegistry } = good;
const judge = (changes: Partial<KnownClient>, now = NOW, allowed: string[] = []) =>
  judgeClient({ ...good, ...changes }, now, allowed, []);
const without = (key: keyof KnownClient): KnownClient => {
  const { [key]: _gone, ...rest } = good;
  return rest as KnownClient;
};

describe('a client is judged', () => {
  test('ok if nothing differs, regardless of the case of names and the order of rights', () => {
    expect(judge({})).toEqual({ state: 'ok', differences: [] });
  });

  test.each([
    ['2026-05-12T12:00:00Z', 'ok'],
    ['2026-05-12T12:00:04Z', 'expiring'],
    ['2026-05-30T12:00:02Z', 'expiring'],
    ['2026-05-30T12:00:03Z', 'expired'],
  ])('at %s as %s, by the remaining share of its lifetime', (now, state) => {
    expect(judge({}, new Date(now)).state).toBe(state);
  });

  test.each<[string, KnownClient, string, object[]]>([
    ['its token is gone', without('token'), 'orphaned', [{ code: 'token-missing', expected: 'a-token' }]],
    [
      'token and secret are disabled',
      { ...good, secretIsEnabled: false, ...(token ? { token: { ...token, isEnabled: false } } : {}) },
      'revoked',
      [],
    ],
    [
      'the token alone is disabled',
      { ...good, ...(token ? { token: { ...token, isEnabled: false } } : {}) },
      'drifted',
      [{ code: 'token-disabled' }],
    ],
    ['the secret alone is disabled', { ...good, secretIsEnabled: false }, 'drifted', [{ code: 'secret-disabled' }]],
    [
      'the token has another scope map',
      { ...good, ...(token ? { token: { ...token, scopeMap: 'wide' } } : {}) },
      'drifted',
      [{ code: 'token-scope-map', expected: 'a-map', found: 'wide' }],
    ],
    ['the scope map is gone', without('actions'), 'drifted', [{ code: 'scope-map-missing', expected: 'a-map' }]],
    [
      'the scope map was widened',
      { ...good, actions: [...ACTIONS, 'repositories/*/content/read'] },
      'drifted',
      [{ code: 'scope-map-rights', found: expect.stringContaining('repositories/*/content/read') }],
    ],
    [
      'the scope map was narrowed',
      { ...good, actions: ACTIONS.slice(1) },
      'drifted',
      [{ code: 'scope-map-rights', found: 'repositories/b/content/read' }],
    ],
    [
      'the password was replaced',
      {
        ...good,
        ...(token ? { token: { ...token, slots: { password1: { createdAt: '2026-03-02T00:00:00Z' } } } } : {}),
      },
      'drifted',
      [{ code: 'password-replaced', expected: ISSUED, found: '2026-03-02T00:00:00Z' }],
    ],
    [
      'the slot was emptied',
      { ...good, ...(token ? { token: { ...token, slots: { password2: { createdAt: ISSUED } } } } : {}) },
      'drifted',
      [{ code: 'password-missing', expected: 'password1' }],
    ],
    [
      'the password has run out before its secret',
      {
        ...good,
        ...(token
          ? { token: { ...token, slots: { password1: { createdAt: ISSUED, expiresAt: '2026-03-09T00:00:00Z' } } } }
          : {}),
      },
      'drifted',
      [{ code: 'password-expired', found: '2026-03-09T00:00:00Z' }],
    ],
    [
      'devices are served elsewhere',
      {
        ...good,
        ...(connectedRegistry ? { connectedRegistry: { ...connectedRegistry, loginServer: 'new:8000' } } : {}),
      },
      'drifted',
      [{ code: 'endpoint', expected: 'edge:8000', found: 'new:8000' }],
    ],
    [
      'its binding was removed',
      { ...good, connectedRegistry: { clientTokens: [] } },
      'unbound',
      [{ code: 'binding-missing', expected: 'a-token' }],
    ],
    [
      'it is bound elsewhere instead',
      { ...good, connectedRegistry: { clientTokens: [] }, boundElsewhere: 'hall2' },
      'unbound',
      [{ code: 'binding-missing' }, { code: 'bound-elsewhere', expected: 'MyConnectedRegistry', found: 'hall2' }],
    ],
    [
      'its connected registry is gone',
      without('connectedRegistry'),
      'unbound',
      [{ code: 'connected-registry-missing', expected: 'MyConnectedRegistry' }],
    ],
  ])('when %s', (_, known, state, differences) => {
    const judgement = judgeClient(known, NOW, [], []);
    expect(judgement.state).toBe(state);
    expect(judgement.differences).toMatchObject(differences);
    expect(judgement.differences).toHaveLength(differences.length);
  });

  test('by the known facts if Azure does not return whether the token is enabled, and the unknown fact is reported', () => {
    const unsaid: KnownClient['token'] = { scopeMap: 'a-map', slots: {}, ...token, isEnabled: undefined };
    expect(judge({ token: unsaid })).toEqual({
      state: 'ok',
      differences: [{ code: 'fact-unknown', found: 'whether the token is enabled' }],
    });
    // Not revoked: only a token that is known to be disabled is.
    expect(judge({ token: unsaid, secretIsEnabled: false }).state).toBe('drifted');
  });

  test('with all differences, by the worst of them', () => {
    const { state, differences } = judge({
      connectedRegistry: { clientTokens: [] },
      actions: [],
      secretIsEnabled: false,
    });
    expect(state).toBe('unbound');
    expect(differences.map(({ code }) => code)).toEqual(['binding-missing', 'secret-disabled', 'scope-map-rights']);
  });

  test('without differences for unrecorded facts and allowed endpoints', () => {
    const { endpoint: _none, ...issued } = tags.issued;
    const older = { ...tags, issued, made: { scopeMap: true, token: true } };
    expect(judge({ tags: older, actions: ['repositories/z/content/read'] }).state).toBe('ok');
    const elsewhere = { ...good.connectedRegistry, clientTokens: ['a-token'], loginServer: 'new:1' };
    expect(judge({ connectedRegistry: elsewhere }, NOW, ['edge:8000']).state).toBe('ok');
  });

  test('with long rights shortened', () => {
    const actions = Array.from({ length: 500 }, (_, nth) => `repositories/repository-${nth}/content/read`);
    expect(JSON.stringify(judge({ actions })).length).toBeLessThan(600);
  });
});
