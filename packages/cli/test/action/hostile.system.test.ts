import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ActionRunner } from '../../../../test/shared/compositeAction.js';
import { runProgram } from '../../../../test/shared/runProgram.js';
import { apart } from './fences.js';

/*
 * What a plan prints comes from the fleet file of a pull request and from the service. In place of crctl, a program
 * that prints what an attacker would like to see printed. They need bash.
 */

const FOLDER = join(projectRoot(), 'packages/cli/action');

/** Lines that mean something to GitHub's runner, to Markdown, or to the file of outputs. */
const HOSTILE = [
  '::set-output name=changes::false',
  '  ::add-path::/tmp/evil',
  '::stop-commands::mine',
  '::mine::',
  '##[add-mask]press',
  'x ##[error]owned',
  '```',
  '~~~',
  '`````` text',
  '`'.repeat(5000),
  '</code></pre><img src=x onerror=alert(1)>',
  '<!-- crctl fleet -->',
  '# heading @octocat #1 https://evil.example',
  '[link](https://evil.example)',
  'markdown<<end',
  'changes=false',
  'exit-code=0',
  'a\r```\r\n::warning::w',
  '\u001b[2J\u0000\u2028```\u2029\u0085::error::e',
  '$(touch owned) `touch owned` "$(touch owned)" ; touch owned',
] as const;

let runner: ActionRunner;
beforeEach(() => {
  runner = new ActionRunner();
  // The step that installs is left out by a program that is there already.
  writeFileSync(join(runner.temp, 'npm'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${runner.temp}/npm-args'\n`, {
    mode: 0o755,
  });
});
afterEach(() => runner.dispose());

/** Puts a program in place of crctl, which prints two files and ends with a code. */
function standIn(out: string, err: string, code: number): void {
  const bin = join(runner.temp, 'crctl/node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of Object.entries({ out, err })) writeFileSync(join(bin, name), text);
  writeFileSync(
    join(bin, 'crctl'),
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${bin}/args'\nenv > '${bin}/env'\ncat '${bin}/out'\ncat '${bin}/err' >&2\nexit ${code}\n`,
    { mode: 0o755 },
  );
}

const said = (name: 'args' | 'env') => readFileSync(join(runner.temp, 'crctl/node_modules/.bin', name), 'utf8');

const runs = (inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
  runner.run(FOLDER, inputs, { ...env, PATH: `${runner.temp}:${process.env['PATH']}` });

const ARCHIVE = 'https://archive.example/crctl-0.2.0.tgz';
const INPUTS = { command: 'plan', package: ARCHIVE, url: 'https://app.example', key: 'the-key-of-the-app' };

describe.each([0, 1, 2])('a plan that ends with %i', (code) => {
  test('issues no command, sets no other output, and stays inside of its block of code', async () => {
    standIn(HOSTILE.join('\n'), HOSTILE.toReversed().join('\n'), code);
    const run = await runs(INPUTS);
    expect(run.code).toBe(code === 1 ? 1 : 0);
    const [stop, end, ...others] = run.commands;
    expect(others).toEqual([]);
    expect(stop).toMatch(/^::stop-commands::[0-9a-f-]{36}$/);
    expect(end).toBe(`::${stop?.split('::')[2]}::`);
    expect(run.set.toSorted()).toEqual(
      ['run.changes', 'run.exit-code', 'run.markdown', ...(code === 1 ? [] : ['run.plan-file'])].toSorted(),
    );
    expect(run.outputs).toMatchObject({ 'exit-code': String(code), changes: ['false', '', 'true'][code] });
    for (const markdown of [run.summary, run.outputs['markdown'] ?? '']) {
      const { outside, inside } = apart(markdown);
      const title = `### crctl plan: ${['no changes', 'failed', 'there are changes'][code]}`;
      expect(outside.filter((line) => line !== '')).toEqual([title]);
      expect(inside.join('\n')).toContain('# heading @octocat');
      expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}]/u);
    }
  });
});

test.each(['plan.json\nchanges=false', 'plan.json\rchanges=false', 'plan\u001b[2J.json'])(
  'a path of a plan that would be several lines of the outputs is refused: %j',
  async (path) => {
    standIn('', '', 2);
    const run = await runs({ ...INPUTS, 'plan-file': path });
    expect(run.code).toBe(1);
    expect(run.commands).toEqual([
      '::error title=crctl::The input plan-file has a line break or another control character.',
    ]);
    expect(run.set).toEqual([]);
  },
);

test.each(['$(touch owned)', '"; touch owned; "', '--prune', '-', "'`touch owned`'", '::error::x'])(
  'an input is a value and nothing else: %s',
  async (value) => {
    standIn('', '', 0);
    const run = await runs({
      ...INPUTS,
      file: value,
      registry: value,
      'max-deletes': value,
      'plan-file': value,
      url: value,
    });
    expect(run.code).toBe(0);
    expect(said('args').split('\n').slice(0, -1)).toEqual([
      'plan',
      `--registry=${value}`,
      '--prune',
      `--max-deletes=${value}`,
      '--detailed-exitcode',
      `--out=${value}`,
      '--',
      value,
    ]);
    expect(run.commands).toHaveLength(2);
    const files = await runProgram('find', [runner.temp, '-name', 'owned'], { cwd: runner.temp, env: {} });
    expect(files.out).toBe('');
  },
);

test('the key is in the environment of crctl alone, and with a scope not even there', async () => {
  standIn('nothing', '', 0);
  const run = await runs(INPUTS);
  expect(said('env')).toMatch(/^CRCTL_KEY=the-key-of-the-app$/m);
  expect(said('args')).not.toContain('the-key');
  expect(run.log + run.summary + JSON.stringify(run.outputs)).not.toContain('the-key');
  await runs({ ...INPUTS, scope: 'api://app/.default' });
  expect(said('env')).toMatch(/^CRCTL_SCOPE=api:\/\/app\/\.default$/m);
  expect(said('env')).not.toContain('the-key');
});

describe('an application that the job names', () => {
  const NAMED = { ...INPUTS, key: '', scope: 'api://app/.default', 'client-id': 'of-the-input', 'tenant-id': 'tenant' };
  const JOB = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.example', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret' };
  /** How another step signs another application in. */
  const OTHER = {
    AZURE_CLIENT_ID: 'other',
    AZURE_CLIENT_SECRET: 'other',
    AZURE_CLIENT_CERTIFICATE_PATH: 'other',
    AZURE_CLIENT_CERTIFICATE_PASSWORD: 'other',
    AZURE_USERNAME: 'other',
    AZURE_PASSWORD: 'other',
    AZURE_FEDERATED_TOKEN_FILE: 'other',
  };
  const azure = () =>
    said('env')
      .split('\n')
      .filter((line) => line.startsWith('AZURE_'))
      .toSorted();

  test('signs in by the token of the job, whatever signs another one in', async () => {
    standIn('', '', 0);
    expect(await runs(NAMED, { ...JOB, ...OTHER })).toMatchObject({ code: 0 });
    expect(azure()).toEqual(['AZURE_CLIENT_ID=of-the-input', 'AZURE_TENANT_ID=tenant']);
  });

  test('is that of the environment without the input, with all that belongs to it', async () => {
    standIn('', '', 0);
    expect(await runs({ ...NAMED, 'client-id': '' }, { ...JOB, ...OTHER })).toMatchObject({ code: 0 });
    expect(azure()).toHaveLength(Object.keys(OTHER).length + 1);
  });

  test.each([
    ['a job without a token', NAMED, {}],
    ['no tenant', { ...NAMED, 'tenant-id': '' }, JOB],
  ])('is refused with %s, since somebody else may be signed in', async (_, inputs, env) => {
    standIn('', '', 0);
    const run = await runs(inputs, env);
    expect(run.code).toBe(1);
    expect(run.commands).toEqual([expect.stringContaining('The input client-id needs')]);
  });
});

test('another command is refused', async () => {
  standIn('', '', 0);
  const { code, log } = await runs({ ...INPUTS, command: 'revoke' });
  expect(code).toBe(1);
  expect(log).toContain('The input command is neither plan nor apply');
});

describe('what is installed', () => {
  /** What npm was told to install; undefined if it was not run. */
  const installed = (): string | undefined => {
    const file = join(runner.temp, 'npm-args');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').at(-2) : undefined;
  };

  test.each([
    '',
    'crctl',
    'crctl@0.2.0',
    '0.2.0',
    'npm:crctl',
    '--global',
    // npm takes these for repositories on GitHub.
    'actions/crctl',
    'actions/crctl/crctl-0.2.0',
    '.github/actions/crctl.tgz',
    'crctl-0.2.0.tar.gz',
    'github:actions/crctl',
    'git+https://git.example/crctl.git',
    'http://archive.example/crctl.tgz',
    'latest; touch owned',
  ])('is nothing that npm would look for elsewhere: %j', async (name) => {
    standIn('', '', 0);
    const { code, log, commands } = await runs({ ...INPUTS, package: name });
    expect([code, installed(), commands]).toEqual([1, undefined, [expect.stringMatching(/^::error title=crctl::/)]]);
    expect(log).toContain('npm run package:cli');
  });

  test('is a file of the repository, whatever its name is', async () => {
    standIn('', '', 0);
    for (const name of ['crctl', 'crctl@0.2.0', '--global', 'crctl-0.2.0.tar.gz']) {
      writeFileSync(join(runner.workspace, name), '');
      expect(await runs({ ...INPUTS, package: name })).toMatchObject({ code: 0 });
      expect(installed()).toBe(join(realpathSync(runner.workspace), name));
    }
  });

  test('is the archive at an address', async () => {
    standIn('', '', 0);
    expect(await runs(INPUTS)).toMatchObject({ code: 0 });
    expect(installed()).toBe(ARCHIVE);
  });
});

describe('what is written', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'report-'))));
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

  async function reported(text: string): Promise<{ summary: string; outputs: string }> {
    const files = Object.fromEntries(
      ['DATA', 'WORDS', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder, name)]),
    ) as Record<'DATA' | 'WORDS' | 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', string>;
    for (const file of Object.values(files)) writeFileSync(file, '');
    writeFileSync(files.DATA, text);
    const env = { ...files, COMMAND: 'plan', CODE: '2' };
    const ended = await runProgram(process.execPath, [join(FOLDER, 'report.mjs')], { cwd: folder, env });
    expect(ended).toEqual({ code: 0, out: '', err: '' });
    return {
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
      outputs: readFileSync(files.GITHUB_OUTPUT, 'utf8'),
    };
  }

  test('keeps every text in its block, whatever is joined', async () => {
    const piece = fc.constantFrom(...HOSTILE, '`', '``', '\n', '\r', '\r\n', '    ', 'text', '~', '\t');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const { summary } = await reported(pieces.join(''));
        expect(apart(summary).outside.filter((line) => line !== '')).toEqual(['### crctl plan: there are changes']);
      }),
      { numRuns: 15 },
    );
  });

  test('of a plan of thousands of clients is cut at a line to what a comment takes, and says so', async () => {
    const lines = [...Array(20_000).keys()].map((n) => `+ myregistry/plant7registry/機器-${n}`);
    const { summary, outputs } = await reported(lines.join('\n'));
    expect(apart(summary).inside).toEqual(lines);
    const markdown = outputs.slice(outputs.indexOf('\n') + 1, outputs.lastIndexOf('\nend-'));
    expect(Buffer.byteLength(markdown)).toBeLessThan(61_000);
    const { inside, outside } = apart(markdown);
    expect(inside).toEqual(lines.slice(0, inside.length));
    expect(outside).toContain(`The first ${inside.length} of 20000 lines; the log of the job has all.`);
  });
});
