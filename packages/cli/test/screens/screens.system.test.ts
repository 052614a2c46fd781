import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { CLIENT, RUNNING } from '../fakes/answers.js';
import { CLIENT_SCREENS } from './cases/clients.js';
import { FLEET_SCREENS } from './cases/fleet.js';
import { OPERATION_SCREENS } from './cases/ops.js';
import { ROLLOUT_SCREENS } from './cases/rollouts.js';
import { TOOL_SCREENS } from './cases/tool.js';
import { prepared, startFakeServer, type Answers, type FakeServer } from './fakeServer.js';
import { onTerminal, type OnTerminal, type Screen, type Typed } from './terminal.js';

/*
 * What a person sees at terminals of 80 and 140 columns, kept as text in `golden`. After a change that is wanted:
 * `npx vitest run --project system packages/cli/test/screens --update`. They need `script` of util-linux.
 */

let server: FakeServer;
let folder: string;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.serve(prepared({}));
  folder = mkdtempSync(join(tmpdir(), 'crctl-screen-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const crctl = `node ${join(projectRoot(), 'packages/cli/bin/crctl.js')}`;

function shows(
  args: string,
  columns: number,
  env: Readonly<Record<string, string>> = {},
  more: OnTerminal = {},
): Promise<Screen> {
  const shared = { CRCTL_URL: server.url, CRCTL_KEY: 'key', CRCTL_CONFIG: 'contexts.json', HOME: folder };
  return onTerminal(`${crctl} ${args}`, columns, { ...shared, ...env }, { cwd: folder, ...more });
}

const SCREENS = [...TOOL_SCREENS, ...CLIENT_SCREENS, ...OPERATION_SCREENS, ...ROLLOUT_SCREENS, ...FLEET_SCREENS];

describe.each([80, 140])('at %i columns', (columns) => {
  test.each(SCREENS.map((screen) => [screen.name, screen] as const))('%s', async (name, screen) => {
    const { args, code = 0, answers = {}, app, files = {}, typed, moments = {} } = screen;
    server.serve(app ? app() : prepared(answers));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    const shown = await shows(args, columns, {}, { typed, moments });
    expect(shown.code, shown.text).toBe(code);
    expect(shown.wrappedRows).toEqual([]);
    // The folder, the port of the app and the version of Node change.
    const varying = [folder, server.url, process.versions.node] as const;
    const fixed = (text: string): string =>
      varying.reduce((so, one, index) => so.replaceAll(one, ['/folder', 'URL', 'VERSION'][index] ?? ''), `${text}\n`);
    await expect(fixed(shown.text)).toMatchFileSnapshot(`golden/${columns}/${name}.txt`);
    expect([...shown.moments.keys()].sort()).toEqual(Object.keys(moments).sort());
    for (const [moment, text] of shown.moments)
      await expect(fixed(text)).toMatchFileSnapshot(`golden/${columns}/${name}.${moment}.txt`);
  });
});

const serves = (answers: Answers): void => server.serve(prepared(answers));
const typing = (after: string, keys: string): { readonly typed: Typed } => ({ typed: { after, keys } });

describe('a terminal', () => {
  const list = [{ json: { clients: [CLIENT] } }];

  test('gets colors, and none with NO_COLOR', async () => {
    serves({ 'GET /clients': list });
    expect((await shows('clients list', 80)).raw).toContain('\u001b[32mok');
    expect((await shows('clients list', 80, { NO_COLOR: '1' })).raw).not.toContain('\u001b[3');
  });

  test('gets its cursor back, also after Ctrl-C', async () => {
    serves({ 'GET /operations/x': [{ json: RUNNING }] });
    const { raw, text, code } = await shows('ops watch x', 80, {}, typing('pullCheck', '\u0003'));
    expect(code).toBe(130);
    expect(text).toContain('The app goes on with it. Look again with:\n    crctl ops watch x');
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
  });

  test.each([
    ['y\r', 0],
    ['n\r', 1],
  ])('is asked before a revocation; the answer is %j', async (keys, expected) => {
    serves({ 'POST /revocations': [{ status: 202, json: { operations: [] } }] });
    const { code, text } = await shows('revoke plant7registry/press-1', 80, {}, typing('[y/N]', keys));
    expect(text).toContain('Block plant7registry/press-1? [y/N]');
    expect(code).toBe(expected);
  });

  test('does not show a key that is typed', async () => {
    serves({ 'GET /operations': [{ json: { operations: [] } }] });
    const env = { CRCTL_KEY: '', CRCTL_CONFIG: '/dev/null/contexts.json' };
    const { raw } = await shows('login --store-key', 80, env, typing('Function key:', 'typed-secret\r'));
    expect(raw).toContain('Function key:');
    expect(raw).not.toContain('typed-secret');
  });
});
