import { describe, expect, test } from 'vitest';
import { formatImage, parseImage } from '@connected-registry/protocol/names/image';

describe('an image', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  test.each([
    ['hello-world', 'hello-world:latest'],
    ['a/b:1.2', 'a/b:1.2'],
    [`a@${digest}`, `a@${digest}`],
  ])('%s is parsed', (text, formatted) => {
    const image = parseImage(text);
    expect(image && formatImage(image)).toBe(formatted);
  });

  test.each([
    '',
    ':tag',
    'a:',
    'a@',
    'a@sha256:12',
    `a@${digest.toUpperCase()}`,
    `a:1@${digest}`,
    'host:5000/a',
    'a:b c',
  ])('%j is refused', (text) => expect(parseImage(text)).toBeUndefined());
});
