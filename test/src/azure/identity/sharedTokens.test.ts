import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sharedTokens } from '../../../../src/azure/identity/sharedTokens.js';

const ARM = 'https://management.azure.com/.default';
const VAULT = 'https://vault.azure.net/.default';
const HOUR = 3_600_000;

/** A credential whose tokens live for an hour, and the scopes that it was asked for. */
function counted(refreshAfter?: number) {
  const asked: string[] = [];
  const credential = sharedTokens({
    getToken: async (scopes, options) => {
      expect(options?.abortSignal).toBeUndefined();
      const nth = asked.push(String(scopes));
      await Promise.resolve();
      const now = Date.now();
      if (nth === 99) throw new Error('no token');
      return {
        token: `token ${nth}`,
        expiresOnTimestamp: now + HOUR,
        ...(refreshAfter === undefined ? {} : { refreshAfterTimestamp: now + refreshAfter }),
      };
    },
  });
  return { credential, asked };
}

describe('tokens', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  test('are requested once for an audience, however many wait for one', async () => {
    const { credential, asked } = counted();
    const abortSignal = AbortSignal.abort();
    const tokens = await Promise.all([
      ...Array.from({ length: 50 }, () => credential.getToken(ARM, { abortSignal })),
      credential.getToken(VAULT),
    ]);
    expect(asked).toEqual([ARM, VAULT]);
    expect(new Set(tokens.map((token) => token?.token)).size).toBe(2);
  });

  test('are used until five minutes before their end', async () => {
    const { credential, asked } = counted();
    await credential.getToken(ARM);
    vi.setSystemTime(HOUR - 5 * 60_000 - 1);
    await credential.getToken(ARM);
    expect(asked).toHaveLength(1);
    vi.setSystemTime(HOUR - 5 * 60_000);
    expect(await credential.getToken(ARM)).toMatchObject({ token: 'token 2' });
  });

  test('are renewed when the service wants that', async () => {
    const { credential, asked } = counted(HOUR / 2);
    await credential.getToken(ARM);
    vi.setSystemTime(HOUR / 2);
    await credential.getToken(ARM);
    expect(asked).toHaveLength(2);
  });

  test('are requested anew for a challenge, and for another tenant', async () => {
    const { credential, asked } = counted();
    await credential.getToken(ARM);
    await credential.getToken(ARM, { claims: 'a claim' });
    await credential.getToken(ARM, { claims: 'a claim' });
    await credential.getToken(ARM, { tenantId: 'other' });
    expect(asked).toHaveLength(4);
  });

  test('are requested anew after the clock was set back: by that clock they would live for longer than they do', async () => {
    const { credential, asked } = counted();
    vi.setSystemTime(2 * HOUR);
    await credential.getToken(ARM);
    vi.setSystemTime(HOUR);
    await credential.getToken(ARM);
    await credential.getToken(ARM);
    expect(asked).toHaveLength(2);
  });

  test('are requested again after a failure', async () => {
    const { credential, asked } = counted();
    asked.push(...Array.from({ length: 98 }, () => 'earlier'));
    await expect(credential.getToken(ARM)).rejects.toThrow('no token');
    expect(await credential.getToken(ARM)).toMatchObject({ token: 'token 100' });
  });
});
