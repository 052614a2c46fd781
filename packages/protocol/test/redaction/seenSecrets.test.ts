import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactedValue } from '../../src/redaction/redactedValue.js';
import { rememberCredential } from '../../src/redaction/rememberCredential.js';
import { REDACTED, SeenSecrets, seenSecrets } from '../../src/redaction/seenSecrets.js';
import { dockerConfig } from '../../src/names/dockerConfig.js';

const PASSWORD = 'a+b/c=d"eF0123456789"';

describe('a known secret', () => {
  test.each([
    ['as it is', PASSWORD],
    ['percent-encoded', encodeURIComponent(PASSWORD)],
    ['in base64', Buffer.from(PASSWORD).toString('base64')],
    ['in base64, percent-encoded', encodeURIComponent(Buffer.from(PASSWORD).toString('base64'))],
    ['in base64 for addresses', Buffer.from(PASSWORD).toString('base64url')],
    ['percent-encoded in lower case', 'a%2bb%2fc%3dd%22eF0123456789%22'],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(PASSWORD))],
    ['escaped in JSON', JSON.stringify(PASSWORD).slice(1, -1)],
    ['escaped in JSON with its slashes', 'a+b\\/c=d\\"eF0123456789\\"'],
    ['escaped in JSON as .NET does', 'a\\u002Bb/c=d\\u0022eF0123456789\\u0022'],
    ['escaped in HTML', 'a&#x2B;b/c=d&#x22;eF0123456789&#x22;'],
  ])('is removed from a text %s', (_, form) => {
    const seen = new SeenSecrets(10);
    seen.remember(PASSWORD);
    expect(seen.redact(`<${form}> and ${form}`)).toBe(`<${REDACTED}> and ${REDACTED}`);
    expect(seen.holds(form)).toBe(true);
    expect(seen.redact('nothing of that kind')).toBe('nothing of that kind');
  });

  test.each(['', 'u', 'us', 'user:', 'other:'])('is removed from base64 that contains it after %j', (before) => {
    const seen = new SeenSecrets(10);
    seen.remember(PASSWORD);
    for (const after of ['', '"', '"}', ':more']) {
      const text = Buffer.from(before + PASSWORD + after);
      for (const form of ['base64', 'base64url'] as const) {
        const left = seen.redact(text.toString(form)).replaceAll(REDACTED, '');
        // A character at each end is of another byte too.
        expect(left.length).toBeLessThanOrEqual(Math.ceil(((before.length + after.length) * 8) / 6) + 4);
      }
    }
  });

  test('is removed from any text, with all other known ones', () => {
    const secret = fc.string({ minLength: 10, maxLength: 60, unit: 'grapheme-ascii' });
    const noise = fc.string({ maxLength: 40 });
    const kept = fc.property(
      fc.array(secret, { minLength: 1, maxLength: 8 }),
      noise,
      noise,
      (secrets, before, after) => {
        const seen = new SeenSecrets(8);
        for (const one of secrets) seen.remember(one);
        const parts = seen.redact(before + secrets.join(after) + after).split(REDACTED);
        return parts.length > 1 && !parts.some((part) => seen.holds(part));
      },
    );

    expect(fc.check(kept)).toMatchObject({ failed: false });
  });

  test('is forgotten after many newer ones, unless it is a setting', () => {
    const seen = new SeenSecrets(3);
    seen.keep('the-setting-itself');
    for (const one of ['first-secret', 'second-secret', 'third-secret']) seen.remember(one);
    seen.remember('first-secret');
    seen.remember('fourth-secret');
    const held = ['the-setting-itself', 'first-secret', 'second-secret', 'third-secret', 'fourth-secret'].filter(
      (one) => seen.holds(`x${one}y`),
    );

    expect(held).toEqual(['the-setting-itself', 'first-secret', 'third-secret', 'fourth-secret']);
  });

  test('is ignored if it is so short that it occurs in other words', () => {
    const seen = new SeenSecrets(3);
    for (const one of ['', 'short', undefined]) seen.remember(one);
    expect(seen.redact('a short text')).toBe('a short text');
  });

  test('in a docker configuration is the file, each login in it, and each password', () => {
    rememberCredential(dockerConfig('localhost:8000', 'a-user', 'a-password-of-one-device'));
    for (const text of [
      'a-password-of-one-device',
      Buffer.from('a-user:a-password-of-one-device').toString('base64'),
      dockerConfig('localhost:8000', 'a-user', 'a-password-of-one-device'),
    ])
      expect(seenSecrets.redact(`<${text}>`)).toBe(`<${REDACTED}>`);
    expect(seenSecrets.holds('localhost:8000')).toBe(false);
  });
});

describe('a value with a secret in it', () => {
  seenSecrets.remember('the-value-of-a-key');

  test('is returned without it, in texts at any depth', () => {
    const value = { list: [{ text: 'x-the-value-of-a-key' }, 'the-value-of-a-key!'], kept: 7, none: null };
    const expected = { list: [{ text: `x-${REDACTED}` }, `${REDACTED}!`], kept: 7, none: null };
    expect(redactedValue(value)).toEqual(expected);
  });

  test('keeps the names of its properties, by which it is read', () => {
    const value = { 'the-value-of-a-key': 1, other: { 'the-value-of-a-key': 'the-value-of-a-key' } };
    expect(redactedValue(value)).toEqual({ 'the-value-of-a-key': 1, other: { 'the-value-of-a-key': REDACTED } });
  });

  test('is returned itself if it contains none', () => {
    const value = { list: [{ a: 1 }, 'text'], when: new Date(0) };
    expect(redactedValue(value)).toBe(value);
  });
});
