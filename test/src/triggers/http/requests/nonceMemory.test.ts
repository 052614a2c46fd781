import { describe, expect, test } from 'vitest';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { NonceMemory, noncesOf } from '../../../../../src/triggers/http/requests/nonceMemory.js';
import { RateLimit } from '../../../../../src/triggers/http/requests/rateLimit.js';

const NOW = 1_772_366_400;

describe('the memory of nonces', () => {
  test('lets a request in once, and the same nonce of another sender', () => {
    const memory = new NonceMemory({ perSender: 10, total: 100 });
    const signed = { nonce: 'one', iat: NOW };
    expect(memory.admit('a', signed, NOW)).toBe(true);
    expect(memory.admit('a', signed, NOW)).toBe(false);
    expect(memory.admit('b', signed, NOW)).toBe(true);
  });

  test('remembers as long as the signature is valid, also one that was made ahead of time', () => {
    const memory = new NonceMemory({ perSender: 10, total: 100 });
    const ahead = { nonce: 'ahead', iat: NOW + CLOCK_WINDOW };
    expect(memory.admit('a', ahead, NOW)).toBe(true);
    for (const later of [CLOCK_WINDOW, 2 * CLOCK_WINDOW]) expect(memory.admit('a', ahead, NOW + later)).toBe(false);
    // The signature has expired by now, so whoever asks has verified another time.
    expect(memory.admit('a', ahead, NOW + 2 * CLOCK_WINDOW + 1)).toBe(true);
  });

  test('refuses what a full memory has dropped: nothing comes in twice', () => {
    const memory = new NonceMemory({ perSender: 3, total: 100 });
    const signed = [1, 2, 3, 4, 5].map((at) => ({ nonce: `n${at}`, iat: NOW + at }));
    for (const one of signed) expect(memory.admit('a', one, NOW + 5)).toBe(true);
    for (const one of signed) expect(memory.admit('a', one, NOW + 5)).toBe(false);
  });

  test('refuses more requests of one second than it can remember', () => {
    const memory = new NonceMemory({ perSender: 3, total: 100 });
    const admitted = [1, 2, 3, 4, 5].map((at) => memory.admit('a', { nonce: `n${at}`, iat: NOW }, NOW));
    expect(admitted).toEqual([true, true, true, false, false]);
    expect(memory.admit('a', { nonce: 'next', iat: NOW + 1 }, NOW + 1)).toBe(true);
  });

  test('of a sender whose clock was ahead refuses single seconds, not everything until then', () => {
    const memory = new NonceMemory({ perSender: 5, total: 100 });
    for (let at = 0; at < 200; at += 1)
      memory.admit('a', { nonce: `ahead${at}`, iat: NOW + CLOCK_WINDOW - (at % 50) }, NOW);
    const admitted = [0, 1, 2].map((at) => memory.admit('a', { nonce: `right${at}`, iat: NOW + at }, NOW + at));
    expect(admitted).toEqual([true, true, true]);
    expect([0, 1, 2].map((at) => memory.admit('a', { nonce: `right${at}`, iat: NOW + at }, NOW + 2))).toEqual([
      false,
      false,
      false,
    ]);
    expect(memory.admit('a', { nonce: 'ahead0', iat: NOW + CLOCK_WINDOW }, NOW + 3)).toBe(false);
  });

  test('has room for all that a rate limit accepts while a signature is valid', () => {
    const limit = new RateLimit(6);
    const memory = new NonceMemory({ perSender: noncesOf(6), total: 1000 });
    const first = { nonce: 'first', iat: NOW + CLOCK_WINDOW };
    let nth = 0;
    limit.take('a', NOW * 1000);
    expect(memory.admit('a', first, NOW)).toBe(true);
    for (let at = 0; at <= 2 * CLOCK_WINDOW; at += 1)
      while (limit.take('a', (NOW + at) * 1000) === undefined)
        expect(memory.admit('a', { nonce: `n${(nth += 1)}`, iat: NOW + CLOCK_WINDOW }, NOW + at)).toBe(true);
    expect(memory.admit('a', first, NOW + 2 * CLOCK_WINDOW)).toBe(false);
  });

  test('drops the nonces of a sender that sends much, and keeps those of others', () => {
    const memory = new NonceMemory({ perSender: 50, total: 10 });
    const quiet = { nonce: 'quiet', iat: NOW };
    memory.admit('quiet', quiet, NOW);
    for (let at = 0; at < 1000; at += 1)
      memory.admit('loud', { nonce: `n${at}`, iat: NOW + (at % 300) }, NOW + (at % 300));
    expect(memory.admit('quiet', quiet, NOW + 10)).toBe(false);
  });

  test('drops the sender that was silent for the longest time if it is full of others', () => {
    const memory = new NonceMemory({ perSender: 5, total: 3 });
    const of = (name: string, at: number) => memory.admit(name, { nonce: 'n', iat: NOW + at }, NOW + at);
    expect([of('a', 0), of('b', 1), of('c', 2), of('d', 3)]).toEqual([true, true, true, true]);
    expect([of('b', 1), of('c', 2), of('d', 3)]).toEqual([false, false, false]);
  });

  test('makes room for new senders once the window of the old ones is over', () => {
    const memory = new NonceMemory({ perSender: 5, total: 2 });
    const of = (name: string, at: number) => memory.admit(name, { nonce: 'n', iat: NOW + at }, NOW + at);
    const later = CLOCK_WINDOW + 2;
    expect([of('a', 0), of('b', 1), of('c', later), of('d', later)]).toEqual([true, true, true, true]);
    expect([of('c', later), of('d', later)]).toEqual([false, false]);
  });
});
