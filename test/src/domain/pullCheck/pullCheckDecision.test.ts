import { describe, expect, test } from 'vitest';
import { decide } from '../../../../src/domain/pullCheck/pullCheckDecision.js';
import { pullCheckReport, pullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { DIGEST, report } from '../../fakes/worlds/onboardScript.js';

const image = 'hello-world:latest';

describe('the decision on a report', () => {
  test('is to go on after a pull, with what was pulled', () => {
    const { bytes, milliseconds } = report();
    expect(decide(report(), image)).toEqual({ kind: 'verified', digest: DIGEST, bytes, milliseconds });
  });

  test.each([
    ['unauthorized', 'afterSync', undefined],
    ['insufficient-scope', 'failIfSynced', 'pull-insufficient-scope'],
    ['manifest-unknown', 'failIfSynced', 'pull-manifest-unknown'],
    ['digest-mismatch', 'fail', 'pull-digest-mismatch'],
    ['secret-invalid', 'fail', 'pull-secret-invalid'],
    ['unreachable', 'later', undefined],
    ['tls', 'later', undefined],
    ['secret-unavailable', 'later', undefined],
    ['error', 'later', undefined],
  ] as const)('of %s is %s', (outcome, kind, code) => {
    const decision = decide(report({ outcome }), image);
    expect(decision.kind).toBe(kind);
    expect('code' in decision ? decision.code : undefined).toBe(code);
  });

  test('is there for every class of report', () => {
    for (const outcome of pullOutcome.options) expect(decide(report({ outcome }), image).kind).toMatch(/^[a-z]/i);
  });

  test('is to ask again when none came in time', () => {
    expect(decide(undefined, image).kind).toBe('later');
  });

  test('is to ask again when another image was pulled, or no digest is named', () => {
    expect(decide(report({ image: 'other:latest' }), image).kind).toBe('later');
    expect(decide(report({ digest: null }), image).kind).toBe('later');
    expect(decide(report({ bytes: null }), image).kind).toBe('later');
  });

  test('is to fail when the digest is not the one that was asked for', () => {
    const pinned = `hello-world@sha256:${'b'.repeat(64)}`;
    expect(decide(report({ image: pinned }), pinned)).toMatchObject({ kind: 'fail', code: 'pull-digest-mismatch' });
    const right = `hello-world@${DIGEST}`;
    expect(decide(report({ image: right }), right).kind).toBe('verified');
  });
});

describe("a report's shape", () => {
  const good = report();
  test.each<[string, object]>([
    ['no digest after a pull', { digest: undefined }],
    ['a digest that is none', { digest: 'sha256:12' }],
    ['no bytes after a pull', { bytes: undefined }],
    ['negative bytes', { bytes: -1 }],
    ['half a byte', { bytes: 1.5 }],
    ['an unknown outcome', { outcome: 'fine' }],
    ['an instant that is none', { expiresAt: 'tomorrow' }],
    ['an instant with an offset', { expiresAt: '2026-03-01T12:00:00+01:00' }],
    ['a field too many', { password: 'x' }],
    ['no agent', { agent: '' }],
    ['a long image', { image: 'a'.repeat(513) }],
    ['time that runs backwards', { milliseconds: -1 }],
  ])('is refused for %s', (_, change) => {
    expect(pullCheckReport.safeParse({ ...good, ...change }).success).toBe(false);
  });

  test('is taken with and without a digest after a failure', () => {
    expect(pullCheckReport.safeParse(good).success).toBe(true);
    expect(pullCheckReport.safeParse(report({ outcome: 'tls' })).success).toBe(true);
    expect(pullCheckReport.safeParse(report({ outcome: 'tls', digest: null, bytes: null })).success).toBe(true);
  });
});
