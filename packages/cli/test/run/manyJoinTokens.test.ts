import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { run } from '../../src/program/run.js';
import { fakeWorld, type FakeAnswer, type FakeApp, type FakeWorld, type SeenRequest } from '../fakes/fakeWorld.js';
import { runCrctl } from '../fakes/runCrctl.js';

/* More clients than one request may name. The fake app refuses more than 100, as the real one does. */

interface Row {
  readonly connectedRegistry: string;
  readonly client: string;
}
const EXPIRES = '2026-12-01T12:00:00.000Z';
const tokenOf = (client: string) => `crjoin1.content.key.${client}`;
const rowsOf = ({ body }: SeenRequest) => (JSON.parse(body) as { clients: Row[] }).clients;

const csvOf = (count: number, change: (line: string, nth: number) => string = (line) => line) =>
  [
    'client,connectedRegistry',
    ...Array.from({ length: count }, (_, nth) => change(`d-${nth + 1},plant7registry`, nth + 1)),
  ].join('\n');

/** @param instead answer to a request, by its number from 1; undefined: it issues tokens */
function appThat(instead: (nth: number, request: SeenRequest) => FakeAnswer | undefined = () => undefined): FakeApp {
  let nth = 0;
  return (request) => {
    nth += 1;
    const rows = rowsOf(request);
    if (rows.length > 100) return { status: 400, json: { title: 'too many' } };
    const enrolments = rows.map(({ connectedRegistry, client }) => {
      const reference = { registry: 'myregistry', connectedRegistry, client };
      return { key: clientKey(reference), ...reference, joinToken: tokenOf(client), expiresAt: EXPIRES };
    });
    return instead(nth, request) ?? { status: 201, json: { enrolments } satisfies IssuedEnrolments };
  };
}

const enrol = (app: FakeApp, csv: string, ...more: readonly string[]) =>
  runCrctl(['enrol', '-f', 'a.csv', ...(more.length > 0 ? more : ['--out', 'tokens'])], app, {}, { 'a.csv': csv });
type Run = Awaited<ReturnType<typeof enrol>>;

const kept = ({ world }: Pick<Run, 'world'>) =>
  (JSON.parse(readFileSync(join(world.cwd, 'tokens'), 'utf8')) as IssuedEnrolments).enrolments.map(
    ({ joinToken }) => joinToken,
  );
const tokens = (count: number) => Array.from({ length: count }, (_, nth) => tokenOf(`d-${nth + 1}`));
const sizes = ({ world }: Pick<Run, 'world'>) => world.requests.map((request) => rowsOf(request).length);

const REFUSED = {
  status: 409,
  json: {
    type: 'about:blank',
    status: 409,
    code: 'enrolment-needs-replace',
    title: 'A client has a device or a credential.',
    detail: 'No join token was issued.',
    errors: [{ row: 7, field: 'clients.6.replace', message: 'is not true', fix: 'Send replace: true.' }],
  },
};

describe('join tokens of 250 clients', () => {
  test('are issued by requests that the app takes, and all are in the file', async () => {
    const found = await enrol(appThat(), csvOf(250), '--out', 'tokens', '--lifetime-hours', '4');
    expect([found.code, sizes(found)]).toEqual([0, [100, 100, 50]]);
    expect(kept(found)).toEqual(tokens(250));
    expect(JSON.parse(found.world.requests[2]?.body ?? '')).toMatchObject({ lifetimeHours: 4 });
    expect(found.out + found.err).not.toContain('crjoin1');
  });

  test('are those of a list in JSON too, with the fields beside it', async () => {
    const clients = csvOf(101)
      .split('\n')
      .slice(1)
      .map((line) => ({ client: line.split(',')[0], connectedRegistry: 'plant7registry' }));
    const file = JSON.stringify({ clients, addresses: ['203.0.113.7'] });
    const found = await runCrctl(['enrol', '-f', 'a.json', '--out', 'tokens'], appThat(), {}, { 'a.json': file });
    expect(kept(found)).toEqual(tokens(101));
    expect(found.world.requests.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { addresses: ['203.0.113.7'] },
      { addresses: ['203.0.113.7'], clients: [{ client: 'd-101' }] },
    ]);
  });

  test('that were issued before a refusal stay in the file, and the rest is named by the lines of the file', async () => {
    const found = await enrol(
      appThat((nth) => (nth === 2 ? REFUSED : undefined)),
      csvOf(250),
    );
    expect([found.code, sizes(found)]).toEqual([1, [100, 100]]);
    expect(kept(found)).toEqual(tokens(100));
    expect(found.err).toContain('A client has a device or a credential.');
    // The header is line 1, so the seventh row of the second request is line 108.
    expect(found.err).toContain('row 108, replace: is not true');
    expect(found.err).toContain('Rows 2 to 101 have join tokens, which stay valid. Rows 102 to 251 have none.');
    expect(found.err).not.toContain('No join token was issued.');
  });

  test('that could not be confirmed are not counted, and are to be asked for again', async () => {
    const slow = { type: 'about:blank', status: 503, code: 'engine-slow', title: 'Slow.', detail: 'Send it again.' };
    const app = appThat((nth, request) => {
      if (nth === 2) return REFUSED;
      const enrolments = rowsOf(request).map(({ connectedRegistry, client }, at) => {
        const reference = { registry: 'myregistry', connectedRegistry, client };
        const got = at < 3 ? { problem: slow } : { joinToken: tokenOf(client), expiresAt: EXPIRES };
        return { key: clientKey(reference), ...reference, ...got };
      });
      return { status: 201, json: { enrolments } };
    });
    const found = await enrol(app, csvOf(250));
    expect(found.code).toBe(1);
    expect(found.err).toContain('myregistry/plant7registry/d-1: Send it again.');
    expect(found.err).toContain('Of rows 2 to 101, 97 have join tokens, which stay valid.');
    expect(found.err).toContain('Rows 102 to 251 have none.');
    expect(found.err).toContain('enrol the rows from 102 on and the clients named above alone');
  });

  test.each<[string, () => FakeAnswer]>([
    ['fails at the app', () => ({ status: 503, text: '' })],
    [
      'is slow there',
      () => ({ status: 503, json: { ...REFUSED.json, status: 503, code: 'engine-slow', errors: undefined } }),
    ],
    ['is answered by something else', () => ({ status: 200, text: '<html>' })],
    [
      'gets no answer',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
  ])('may have been issued by a request that %s: of its rows that is unknown', async (_, failing) => {
    const found = await enrol(
      appThat((nth) => (nth === 2 ? failing() : undefined)),
      csvOf(250),
    );
    expect([found.code, kept(found)]).toEqual([1, tokens(100)]);
    expect(found.err).toContain(
      'Rows 2 to 101 have join tokens, which stay valid. Rows 102 to 201 may have tokens that nobody knows. Rows 202 to 251 have none.',
    );
    const last = await enrol(
      appThat((nth) => (nth === 3 ? failing() : undefined)),
      csvOf(250),
    );
    expect(last.err).toContain('Rows 202 to 251 may have tokens that nobody knows.');
    expect(last.err).not.toContain('have none');
  });

  test('are not issued to be printed at the end, since an early end would lose them', async () => {
    const found = await enrol(appThat(), csvOf(101), '--show-tokens', '-o', 'name');
    expect([found.code, found.out, sizes(found)]).toEqual([2, '', []]);
    expect(found.err).toContain('No join token was issued.');
    expect(found.err).toContain('Give --out FILE');
    const fewer = await enrol(appThat(), csvOf(100), '--show-tokens', '-o', 'name');
    expect([fewer.code, fewer.out.trim().split('\n')]).toEqual([0, tokens(100)]);
  });

  test('are in the file while the next ones are asked for, and after Ctrl-C', async () => {
    const seen: unknown[] = [];
    const world: FakeWorld = fakeWorld(
      appThat((nth) => {
        if (nth > 1) seen.push(kept({ world }));
        if (nth < 3) return undefined;
        // As fetch does: what it waits for is aborted.
        world.interrupt();
        throw new Error('aborted');
      }),
    );
    writeFileSync(join(world.cwd, 'a.csv'), csvOf(250));
    const code = await run(['enrol', '-f', 'a.csv', '--out', 'tokens'], world);
    expect(seen).toEqual([tokens(100), tokens(200)]);
    expect([code, kept({ world })]).toEqual([130, tokens(200)]);
    expect(world.err()).toContain('Interrupted. Whether the last request arrived is unknown.');
    expect(world.err()).toContain('Rows 202 to 251 may have tokens that nobody knows.');
  });

  test.each([
    [
      'has a faulty row',
      (line: string, nth: number) => (nth === 180 ? 'a b,plant7registry' : line),
      'row 181, client:',
    ],
    [
      'names one twice',
      (line: string, nth: number) => (nth === 180 ? 'd-3,PLANT7REGISTRY' : line),
      'row 181, client: is named twice',
    ],
    ['has a row without a client', (line: string, nth: number) => (nth === 9 ? ',b' : line), 'row 10, client:'],
  ])('are not issued at all if the file %s', async (_, change, message) => {
    const found = await enrol(appThat(), csvOf(250, change));
    expect([found.code, sizes(found), existsSync(join(found.world.cwd, 'tokens'))]).toEqual([2, [], false]);
    expect(found.err).toContain(message);
    expect(found.err).toContain('No join token was issued.');
  });

  test('in one registry and in another, of one name, are two; in one that is not named, they may be one', async () => {
    const rows = csvOf(100)
      .split('\n')
      .slice(1)
      .map((line) => `${line},`);
    const csv = (registry: string) =>
      [
        'client,connectedRegistry,registry',
        ...rows.slice(1),
        'd-1,plant7registry,first',
        `d-1,plant7registry,${registry}`,
      ].join('\n');
    expect((await enrol(appThat(), csv('second'))).code).toBe(0);
    expect((await enrol(appThat(), csv('FIRST'))).err).toContain('is named twice');
    expect((await enrol(appThat(), csv(''))).err).toContain('is named twice, or may be');
  });
});

test('a refusal of the first request leaves no file, and names the line of the file', async () => {
  const found = await enrol(
    appThat(() => REFUSED),
    csvOf(50),
  );
  expect([found.code, existsSync(join(found.world.cwd, 'tokens'))]).toEqual([4, false]);
  expect(found.err).toContain('row 8, replace: is not true');
});
