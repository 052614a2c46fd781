import { describe, expect, test } from 'vitest';
import { decide } from '../../../../src/domain/pullCheck/pullCheckDecision.js';
import { pullCheckReport, pullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { DIGEST, report } from '../../fakes/worlds/onboardScript.js';

const image = 'hello-world:latest';

describe('the decision on a report', () => {
  test('is to continue after a pull, with the pulled digest', () => {
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

  test('exists for every outcome of a report', () => {
    for (const outcome of pullOutcome.options) expect(decide(report({ outcome }), image).kind).toMatch(/^[a-z]/i);
  });

  test('is to ask again if no report came in time', () => {
    expect(decide(undefined, image).kind).toBe('later');
  });

  test('is to ask again if another image was pulled, or the digest is missing', () => {
    expect(decide(report({ image: 'other:latest' }), image).kind).toBe('later');
    expect(decide(report({ digest: null }), image).kind).toBe('later');
    expect(decide(report({ bytes: null }), image).kind).toBe('later');
  });

  test('is to fail if the digest is not the requested one', () => {
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
    ['an invalid digest', { digest: 'sha256:12' }],
    ['no bytes after a pull', { bytes: undefined }],
    ['negative bytes', { bytes: -1 }],
    ['half a byte', { bytes: 1.5 }],
    ['an unknown outcome', { outcome: 'fine' }],
    ['an invalid instant', { expiresAt: 'tomorrow' }],
    ['an instant with an offset', { expiresAt: '2026-03-01T12:00:00+01:00' }],
    ['an unknown field', { password: 'x' }],
    ['no agent', { agent: '' }],
    ['a long image', { image: 'a'.repeat(513) }],
    ['a negative duration', { milliseconds: -1 }],
  ])('is refused for %s', (_, change) => {
    expect(pullCheckReport.safeParse({ ...good, ...change }).success).toBe(false);
  });

  test('is accepted with and without a digest after a failure', () => {
    expect(pullCheckReport.safeParse(good).success).toBe(true);
    expect(pullCheckReport.safeParse(report({ outcome: 'tls' })).success).toBe(true);
    expect(pullCheckReport.safeParse(report({ outcome: 'tls', digest: null, bytes: null })).success).toBe(true);
  });
});
