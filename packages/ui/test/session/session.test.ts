import { describe, expect, test } from 'vitest';
import { isLoopback, Session } from '../../src/session/session.js';

test.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is the own machine', (hostname) => {
  expect(isLoopback(hostname)).toBe(true);
});

test.each(['app.azurewebsites.net', 'localhost.evil.example', '127.0.0.1.evil.example', '128.0.0.1', '::1', ''])(
  '%s is another machine',
  (hostname) => {
    expect(isLoopback(hostname)).toBe(false);
  },
);

describe('a function key', () => {
  test.each([
    ['key', 'app.example', true],
    ['keyOnLoopback', 'localhost', true],
    ['keyOnLoopback', 'app.example', false],
    ['entra', 'localhost', false],
  ] as const)('with %s at %s may be typed: %s', (signIn, hostname, takesKeys) => {
    expect(new Session(signIn, hostname).takesKeys).toBe(takesKeys);
  });

  test('opens the session, and is forgotten when its operator leaves', () => {
    const session = new Session('keyOnLoopback', 'localhost');
    expect(session.isOpen.value).toBe(false);
    session.use('k');
    expect([session.isOpen.value, session.headers()]).toEqual([true, { 'x-functions-key': 'k' }]);
    session.leave();
    expect([session.isOpen.value, session.hasKey, session.wasRefused.value]).toEqual([false, false, false]);
  });

  test.each(['schlüssel', 'a b', 'AbC_-=='])('may be any text that a header takes: %j', (key) => {
    const session = new Session('key', 'app.example');
    session.use(key);
    expect(session.isOpen.value).toBe(true);
    expect(new Headers(session.headers()).get('x-functions-key')).toBe(key);
  });

  test.each(['key\u2026', 'k\u0000', 'one\r\ntwo', '\u{1f511}', '\u200bkey', ''])(
    'is refused at once if no header takes it: %j',
    (key) => {
      const session = new Session('key', 'app.example');
      session.use('right');
      session.use(key);
      expect([session.isOpen.value, session.hasKey, session.wasRefused.value]).toEqual([false, false, true]);
    },
  );

  test('that was refused can be followed by another', () => {
    const session = new Session('key', 'app.example');
    session.use('wrong');
    session.refused();
    expect([session.isOpen.value, session.hasKey, session.wasRefused.value]).toEqual([false, false, true]);
    session.use('right');
    expect([session.isOpen.value, session.wasRefused.value]).toEqual([true, false]);
  });

  test('is in nothing that a log of the session would show', () => {
    const session = new Session('key', 'app.example');
    session.use('a-secret-key');
    expect(JSON.stringify(session)).not.toContain('a-secret-key');
  });
});

test('with Entra the session is open until the app refuses it: the cookie says who it is', () => {
  const session = new Session('entra', 'app.example');
  expect([session.isOpen.value, session.headers()]).toEqual([true, {}]);
  session.refused();
  expect(session.isOpen.value).toBe(false);
});
