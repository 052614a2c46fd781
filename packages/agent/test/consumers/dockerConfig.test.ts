import { expect, test } from 'vitest';
import { PullFailure } from '../../src/pullFailure.js';
import { parseDockerConfig } from '../../src/secrets/dockerConfig.js';

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

test('a secret with one registry is parsed, with colons in its password', () => {
  const value = JSON.stringify({ auths: { 'edge.example:8000': auth('name:pass:word+/=') } });
  expect(parseDockerConfig(value)).toEqual({
    endpoint: 'edge.example:8000',
    username: 'name',
    password: 'pass:word+/=',
  });
});

test.each([
  ['no JSON', 'password-in-the-clear'],
  ['no auths', '{}'],
  ['no registry', '{"auths":{}}'],
  ['two registries', JSON.stringify({ auths: { a: auth('u:secret-word'), b: auth('u:secret-word') } })],
  ['no auth', '{"auths":{"edge":{"username":"u","password":"secret-word"}}}'],
  ['no colon', JSON.stringify({ auths: { edge: auth('secret-word') } })],
  ['no password', JSON.stringify({ auths: { edge: auth('u:') } })],
  ['a URL', JSON.stringify({ auths: { 'https://index.example/v1/': auth('u:secret-word') } })],
  ['a path', JSON.stringify({ auths: { 'edge/../x': auth('u:secret-word') } })],
  ['a user in the host', JSON.stringify({ auths: { 'a@edge': auth('u:secret-word') } })],
  ['a port too high', JSON.stringify({ auths: { 'edge:99999': auth('u:secret-word') } })],
])('a secret with %s is invalid, and the error does not repeat its content', (_case, value) => {
  const failure = failureOf(value);
  expect(failure?.outcome).toBe('secret-invalid');
  expect(failure?.message).not.toMatch(/secret-word|in-the-clear/);
});

function failureOf(value: string): PullFailure | undefined {
  try {
    parseDockerConfig(value);
  } catch (error) {
    return error instanceof PullFailure ? error : undefined;
  }
  return undefined;
}
