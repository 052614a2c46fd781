import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROBLEM } from '../fakes/answers.js';
import { APP_URL, KEY } from '../fakes/fakeWorld.js';
import { CLIENT, REFERENCE, runCrctl } from '../fakes/runCrctl.js';

describe('join tokens', () => {
  const key = 'myregistry-plant7registry-press-1-21982a38dae198be';
  const TOKEN = 'crjoin1.content.key.secret';
  const answer = {
    enrolments: [{ key, ...REFERENCE, joinToken: TOKEN, expiresAt: '2026-12-01T12:00:00.000Z' }],
  };

  test('go to a new file of their owner, and nowhere else', async () => {
    const { code, out, err, world } = await runCrctl(['enrol', CLIENT, '--out', 'token'], () => ({
      status: 201,
      json: answer,
    }));
    expect(code).toBe(0);
    expect(out + err).not.toContain(TOKEN);
    const file = join(world.cwd, 'token');
    expect(readFileSync(file, 'utf8')).toBe(`${TOKEN}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('of several clients are the answer, as JSON', async () => {
    const { world } = await runCrctl(
      ['enrol', '-f', 'a.csv', '--out', 'tokens'],
      () => ({ status: 201, json: answer }),
      {},
      { 'a.csv': 'client\npress-1\n' },
    );
    expect(JSON.parse(readFileSync(join(world.cwd, 'tokens'), 'utf8'))).toEqual(answer);
  });

  test('never replace a file, and are not issued then', async () => {
    const { code, world } = await runCrctl(
      ['enrol', CLIENT, '--out', 'token'],
      () => ({ json: answer }),
      {},
      { token: 'x' },
    );
    expect({ code, requests: world.requests.length }).toEqual({ code: 2, requests: 0 });
    expect(readFileSync(join(world.cwd, 'token'), 'utf8')).toBe('x');
  });

  test('leave no file if they are refused', async () => {
    const { code, world } = await runCrctl(['enrol', CLIENT, '--out', 'token'], () => ({ status: 400, json: PROBLEM }));
    expect(code).toBe(4);
    expect(existsSync(join(world.cwd, 'token'))).toBe(false);
  });

  test('are printed if asked for', async () => {
    const { out } = await runCrctl(['enrol', CLIENT, '--show-tokens', '-o', 'name'], () => ({
      status: 201,
      json: answer,
    }));
    expect(out).toBe(`${TOKEN}\n`);
  });

  test.each([80, 140, 400])('are whole on a terminal of %i columns', async (columns) => {
    const long = `crjoin1.${'A'.repeat(320)}.key.secret`;
    const app = () => ({ status: 201, json: { enrolments: [{ ...answer.enrolments[0], joinToken: long }] } });
    const { code, out } = await runCrctl(['enrol', CLIENT, '--show-tokens'], app, {
      env: { CRCTL_URL: APP_URL, CRCTL_KEY: KEY, TERM: 'xterm' },
      columns,
    });
    expect(code).toBe(0);
    expect(out).toContain(long);
    expect(out).toContain('press-1');
  });

  test('can be withdrawn', async () => {
    const { code, world } = await runCrctl(['clients', 'withdraw', key], () => ({ status: 204 }));
    expect(code).toBe(0);
    expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE /enrolments/${key}`]);
  });
});
