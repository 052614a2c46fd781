import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { CLIENT, PROBLEM } from '../fakes/answers.js';
import { APP_URL, fakeWorld, KEY, type FakeAnswer } from '../fakes/fakeWorld.js';

async function runCrctl(argv: readonly string[], answer: FakeAnswer, env?: Readonly<Record<string, string>>) {
  const world = fakeWorld(() => answer, env ? { env } : {});
  const code = await run(argv, world);
  return { code, out: world.out(), err: world.err(), sent: world.requests.length, world };
}

describe('wrong use ends with 2, and nothing is sent', () => {
  test.each<[string, readonly string[], string]>([
    ['an unknown command', ['onbord'], 'Did you mean onboard?'],
    ['an unknown flag', ['onboard', 'a/b', '--dryrun'], 'Did you mean --dry-run?'],
    ['a missing argument', ['rotate'], "missing required argument 'CLIENT'"],
    ['too many arguments', ['ops', 'show', 'a', 'b'], 'too many arguments'],
    ['a word that is not one', ['clients', 'list', '--state', 'fine'], 'It must be one of orphaned, revoked'],
    ['a format that is not one', ['clients', 'list', '-o', 'xml'], 'It must be one of table, json'],
    ['a number that is none', ['clients', 'list', '--limit', 'many'], 'It must be a whole number.'],
    ['a time span that is none', ['ops', 'watch', 'x', '--timeout', 'soon'], 'It must be a time span'],
    ['a query that is none', ['clients', 'list', '--query', '[['], 'cannot be used'],
    ['a group without a command', ['rollouts'], 'Commands:'],
    ['a client without a connected registry', ['rotate', 'press-1'], 'Which connected registry'],
    ['a client with too many parts', ['rotate', 'a/b/c/d'], 'is not a client'],
    ['no client', ['onboard'], 'Which client?'],
    ['a repository twice', ['onboard', 'a/b', '--repository', 'x', '--repository', 'x=content/read'], 'named twice'],
    ['a type of no identity', ['onboard', 'a/b', '--identity-type', 'Device'], '--identity-type needs --identity'],
    ['a file that is not there', ['onboard', '--file', 'nothing.yaml'], 'cannot be read (ENOENT)'],
    ['a file of another kind', ['onboard', '--file', 'request.txt'], 'neither .csv nor .json'],
    ['all clients and one', ['check', '--all', 'a/b'], 'Name the clients to check, or give --all.'],
    ['neither', ['check'], 'Name the clients to check, or give --all.'],
    ['tokens without a place', ['enrol', 'a/b'], 'Where do the tokens go?'],
    ['a rollout of nothing', ['rollouts', 'start', '--kind', 'check'], 'Which clients?'],
    ['a rollout that does nothing', ['rollouts', 'start', 'a/b'], 'What is to be done?'],
    ['a selector that is none', ['rollouts', 'start', '--kind', 'check', '-l', 'color=red'], 'selects nothing'],
    ['a revocation without a terminal', ['revoke', 'a/b'], 'Give --yes if you are sure.'],
    ['an offboarding without a terminal', ['offboard', 'a/b'], 'Give --yes if you are sure.'],
    ['an urgent rotation without a terminal', ['rotate', 'a/b', '--urgent'], 'Give --yes if you are sure.'],
    ['a rollout that offboards', ['rollouts', 'start', '--kind', 'offboard', 'a/b'], 'Give --yes if you are sure.'],
    ['an id that would be another path', ['ops', 'show', '..'], '".." is not an id.'],
    ['no id', ['rollouts', 'cancel', ''], '"" is not an id.'],
    ['two apps', ['clients', 'list', '--url', APP_URL, '--local'], 'exclude each other'],
    ['an address without TLS', ['clients', 'list', '--url', 'http://app.example.org'], 'is not an https address'],
    ['an address with a key', ['clients', 'list', '--url', `${APP_URL}/?code=x`], 'may not have a user, a query'],
    ['a context that is not there', ['clients', 'list', '--context', 'prod'], 'There is no context "prod"'],
    ['a key file that is not there', ['clients', 'list', '--key-file', 'key'], 'cannot be read (ENOENT)'],
  ])('%s', async (_what, argv, message) => {
    const { code, out, err, sent } = await runCrctl(argv, { json: {} });
    expect({ code, out, sent }).toEqual({ code: 2, out: '', sent: 0 });
    expect(err).toContain(message);
  });

  test('more clients than one request takes', async () => {
    const many = [...Array(101).keys()].map((index) => `registry/device-${index}`);
    const { code, err, sent } = await runCrctl(['rotate', ...many], {});
    expect({ code, sent }).toEqual({ code: 2, sent: 0 });
    expect(err).toContain('crctl rollouts start --kind rotate');
  });

  test('no app at all', async () => {
    const { code, err } = await runCrctl(['clients', 'list'], {}, {});
    expect(code).toBe(2);
    expect(err).toContain('crctl login --url URL');
  });

  test('no key', async () => {
    const { code, err, sent } = await runCrctl(['clients', 'list'], {}, { CRCTL_URL: APP_URL });
    expect({ code, sent }).toEqual({ code: 2, sent: 0 });
    expect(err).toContain('Set CRCTL_KEY');
  });
});

describe('what the app refuses', () => {
  test('an invalid request: 4, with field, reason and fix', async () => {
    const { code, out, err } = await runCrctl(['onboard', 'a/b', '--repository', 'x'], { status: 400, json: PROBLEM });
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toBe(
      [
        'crctl: The request is not valid. (400 invalid-request)',
        '  Invalid: client. Nothing was started.',
        '  client: is not a valid name',
        '    It must be the id of the device.',
        '',
      ].join('\n'),
    );
  });

  test.each<[string, number, number]>([
    ['a key that has expired', 401, 4],
    ['no operator', 403, 4],
    ['not found', 404, 3],
    ['gone', 410, 3],
    ['a conflict', 409, 4],
    ['an app that fails', 500, 1],
  ])('%s, runCrctl by somebody before the app', async (_what, status, expected) => {
    const { code, out, err } = await runCrctl(['ops', 'show', 'x'], { status, text: '<html>' });
    expect({ code, out }).toEqual({ code: expected, out: '' });
    expect(err).toContain(`GET /api/operations/x was answered ${status}.`);
    expect(err).not.toContain('html');
  });

  test('a conflict names the operation in progress', async () => {
    const json = { ...PROBLEM, errors: undefined, status: 409, code: 'another-run', running: 'x.1' };
    const { code, err } = await runCrctl(['onboard', 'a/b'], { status: 409, json });
    expect(code).toBe(4);
    expect(err).toContain('In progress: crctl ops watch x.1');
    const named = await runCrctl(['onboard', 'a/b', '--url', 'https://other.example'], { status: 409, json });
    expect(named.err).toContain('In progress: crctl --url https://other.example ops watch x.1');
  });

  test('rows of a file: row, column and how many more', async () => {
    const errors = [{ field: 'client', row: 7, column: 'client', message: 'is named twice', fix: 'Send it once.' }];
    const { err } = await runCrctl(['rollouts', 'start', '--kind', 'check', 'a/b'], {
      status: 400,
      json: { ...PROBLEM, errors, errorCount: 12 },
    });
    expect(err).toContain('  row 7, client: is named twice\n    Send it once.\n  11 more errors are not listed.\n');
  });

  test('an answer of something else than the app names the field', async () => {
    const { code, err } = await runCrctl(['clients', 'list'], { json: { clients: [{ ...CLIENT, state: 'purple' }] } });
    expect(code).toBe(1);
    expect(err).toContain('clients.0.state');
  });
});

describe('an app that does not answer', () => {
  const refusing = () => Promise.reject(new TypeError('fetch failed', { cause: new CodedError('ECONNREFUSED') }));

  test('is asked again if nothing changes by it', async () => {
    const { world } = await runCrctl(['clients', 'list'], {});
    const down = { ...world, fetch: refusing };
    expect(await run(['clients', 'list'], down)).toBe(1);
    expect(world.err()).toContain(`${APP_URL} does not answer (ECONNREFUSED).`);
    expect(world.slept.length).toBeGreaterThan(2);
  });

  test('is asked once if something changes, and whether it arrived is unknown', async () => {
    const { world } = await runCrctl(['clients', 'list'], { json: { clients: [] } });
    const down = { ...world, fetch: refusing };
    expect(await run(['onboard', 'a/b', '--repository', 'x'], down)).toBe(1);
    expect(world.err()).toContain('Whether the request arrived is unknown');
    expect(world.slept).toEqual([]);
  });

  test('is given time if it is busy, as long as it asks', async () => {
    const answers: FakeAnswer[] = [
      { status: 503, headers: { 'retry-after': '7' } },
      { status: 429, headers: { 'retry-after': 'nonsense' } },
      { json: { clients: [] } },
    ];
    const world = fakeWorld(() => answers.shift() ?? {});
    expect(await run(['clients', 'list'], world)).toBe(0);
    expect(world.slept).toEqual([7000, 1000]);
  });
});

describe('the key', () => {
  test('is a header of each request, and nowhere else', async () => {
    const { world, err, out } = await runCrctl(['ops', 'show', 'x'], { status: 401, text: `wrong key ${KEY}` });
    expect(world.requests[0]?.headers.get('x-functions-key')).toBe(KEY);
    expect(world.requests[0]?.path).not.toContain(KEY);
    expect(err + out).not.toContain(KEY);
  });

  test('does not follow a redirect', async () => {
    const world = fakeWorld(() => ({ json: { clients: [] } }));
    let redirect: unknown;
    await run(['clients', 'list'], {
      ...world,
      fetch: (input, init) => {
        redirect = init?.redirect;
        return world.fetch(input, init);
      },
    });
    expect(redirect).toBe('error');
  });

  test('that could not be a header is refused without being shown', async () => {
    const { code, err } = await runCrctl(['clients', 'list'], {}, { CRCTL_URL: APP_URL, CRCTL_KEY: 'a\nb: c' });
    expect(code).toBe(2);
    expect(err).toContain('CRCTL_KEY does not hold a function key.');
    expect(err).not.toContain('b: c');
  });
});

/** An error as Node's sockets have it. */
class CodedError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
