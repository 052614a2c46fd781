import { describe, expect, test } from 'vitest';
import { caseTwinWarnings, endsOf, twinsAcross } from '../../../../src/domain/clients/caseTwins.js';
import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { findingFix } from '../../../../src/domain/check/findingFix.js';
import { whileRunning } from '../../../../src/domain/operations/runningRun.js';

const drifted = (...codes: Difference['code'][]) => ({
  state: 'drifted' as const,
  differences: codes.map((code) => ({ code })),
});
const run = (kind: 'onboard' | 'rotate' | 'offboard' | 'revoke') => ({ id: 'client.r1', kind });

describe('a running run', () => {
  test.each([
    ['rotate', 'password-replaced'],
    ['rotate', 'password-missing'],
    ['onboard', 'password-replaced'],
    ['onboard', 'token-disabled'],
    ['revoke', 'secret-disabled'],
    ['offboard', 'binding-missing'],
  ] as const)('of kind %s explains %s', (kind, code) => {
    expect(whileRunning(drifted(code), run(kind))).toEqual({ state: 'changing', differences: [] });
  });

  test.each([
    ['rotate', 'scope-map-rights'],
    ['rotate', 'token-disabled'],
    ['onboard', 'connected-registry-missing'],
    ['revoke', 'password-replaced'],
  ] as const)('of kind %s does not explain %s', (kind, code) => {
    expect(whileRunning(drifted(code), run(kind))).toEqual(drifted(code));
    const both = drifted('password-replaced', 'token-disabled', code);
    expect(whileRunning(both, run(kind)).differences).toContainEqual({ code });
  });

  test('explains nothing about a client without differences; without a run nothing is explained', () => {
    expect(whileRunning({ state: 'ok', differences: [] }, run('rotate'))).toEqual({ state: 'ok', differences: [] });
    expect(whileRunning(drifted('password-replaced'), undefined)).toEqual(drifted('password-replaced'));
  });
});

const client = (name: string, connectedRegistry = 'hall') => ({
  registry: 'myregistry',
  connectedRegistry,
  client: name,
});

describe('clients whose names differ only in case', () => {
  test('are reported, within one connected registry', () => {
    const all = [client('Device-21'), client('device-21'), client('device-22'), client('DEVICE-22', 'other')];
    expect(caseTwinWarnings(all)).toMatchObject([
      {
        code: 'names-differ-in-case',
        connectedRegistry: 'hall',
        message: expect.stringContaining('Device-21 and device-21'),
      },
    ]);
    expect(caseTwinWarnings([client('a'), client('a')])).toEqual([]);
  });

  test('are found if a part of a check ends between them', () => {
    const parts = [endsOf([client('a'), client('B')]), endsOf([client('b'), client('c')])];
    expect(twinsAcross(parts)).toHaveLength(1);
    expect(twinsAcross([undefined, ...parts.slice(1)])).toEqual([]);
  });
});

describe('a finding’s fix', () => {
  test('has one fix a line, each once, and none without a difference', () => {
    const fixes = findingFix(client('a'), 'a-token', 'drifted', [
      { code: 'password-replaced' },
      { code: 'password-expired' },
      { code: 'token-disabled' },
    ]);
    expect(fixes?.split('\n')).toEqual([
      'Onboard the client again: POST /api/onboardings.',
      'az acr token update --registry myregistry --name a-token --status enabled',
    ]);
    expect(findingFix(client('a'), 'a-token', 'ok', [])).toBeUndefined();
    for (const state of ['revoked', 'expired', 'expiring', 'absent', 'changing'] as const)
      expect(findingFix(client('a'), 'a-token', state, [])).toEqual(expect.any(String));
  });
});
