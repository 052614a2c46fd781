import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { flagsOf, help } from '../src/commandLine.js';

const bin = fileURLToPath(new URL('../bin/functions-host.js', import.meta.url));
let app: string;
beforeAll(() => {
  app = mkdtempSync(path.join(tmpdir(), 'command-line-'));
  writeFileSync(path.join(app, 'package.json'), '{"main":"index.js"}');
});
afterAll(() => rmSync(app, { recursive: true, maxRetries: 5 }));

describe('functions-host start', () => {
  it('needs no flag in the folder of an app', () => {
    expect(flagsOf(['start', '--app', app])).toEqual({
      appDir: app,
      dataDir: path.join(app, '.local', 'host'),
      dataFlag: '--store',
      port: undefined,
      strict: false,
      watch: false,
      jsonLog: false,
      earlyTimers: false,
    });
    expect(flagsOf(['--app', app])).toEqual(flagsOf(['host', 'start', '--app', app]));
  });

  it.each([
    [['--store', '/s'], { dataDir: '/s', dataFlag: '--store' }],
    [['--data', '/d'], { dataDir: '/d', dataFlag: '--data' }],
    [['-p', '0'], { port: 0 }],
    [
      ['--port', '7072', '--strict', '--watch', '--json-log', '--early-timers'],
      { port: 7072, strict: true, watch: true, jsonLog: true, earlyTimers: true },
    ],
  ])('reads %j', (flags, expected) => {
    expect(flagsOf(['start', '--app', app, ...flags])).toMatchObject(expected);
  });

  it.each([
    [['stop'], "'stop' is no command: the only one is start."],
    [['--port', '70000'], '--port 70000 is not a port'],
    [['--nonsense'], '--nonsense'],
    [['--app', '/none'], '--app /none holds no package.json: name the folder of your app'],
    [['start', '--cors', '*'], '--cors is a flag of func: set Host.CORS in local.settings.json.'],
    [['start', '--verbose'], '--verbose is a flag of func: set logging.logLevel in host.json.'],
    [['start', '--useHttps'], '--useHttps is a flag of func: there is no TLS here'],
  ])('explains what it does not take: %j', (args, message) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('says which package is missing, and what to do', () => {
    writeFileSync(path.join(app, 'index.js'), "require('@azure/functions');");
    const { status, stderr } = spawnSync(process.execPath, [bin, 'start', '--port', '0'], {
      cwd: app,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain("Cannot find module '@azure/functions'");
    expect(stderr).toMatch(/^If it is a package, run npm install in the folder of the app\.$/m);
  });

  it('has a help whose flags are documented', () => {
    expect(flagsOf(['--help'])).toBeUndefined();
    expect(spawnSync(process.execPath, [bin, 'start', '-h'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: help,
    });
    const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag);
    expect(flags.length).toBeGreaterThan(7);
    const manual = readFileSync(new URL('../../../docs/local-host.md', import.meta.url), 'utf8');
    expect(flags.filter((flag) => flag !== '--help' && !manual.includes(`| \`${flag}`))).toEqual([]);
  });
});
