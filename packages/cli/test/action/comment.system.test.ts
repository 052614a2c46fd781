import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as bodyOf } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ActionRunner, type ActionRun } from '../../../../test/shared/compositeAction.js';

/*
 * The action that keeps one comment of a pull request, against a server that answers as GitHub's API does. They need
 * bash.
 */

const FOLDER = join(projectRoot(), 'packages/cli/action/comment');
const COMMIT = 'c'.repeat(40);
const BOT = 'github-actions[bot]';

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string } | null;
  body: string;
}

let runner: ActionRunner;
let github: Server;
let comments: Comment[];
let seen: string[];
beforeEach(async () => {
  runner = new ActionRunner();
  comments = [];
  seen = [];
  github = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    seen.push(`${request.method} ${url.pathname}`);
    response.setHeader('content-type', 'application/json');
    if (request.headers.authorization !== 'Bearer the-token') {
      response.writeHead(403).end('{"message":"::error::owned"}');
      return;
    }
    void bodyOf(request).then((sent) => {
      const page = Number(url.searchParams.get('page'));
      if (request.method === 'GET') {
        response.end(JSON.stringify(comments.slice((page - 1) * 100, page * 100)));
        return;
      }
      const { body } = z.object({ body: z.string() }).parse(JSON.parse(sent));
      const id = Number(/\/issues\/comments\/(\d+)$/.exec(url.pathname)?.[1]);
      const existing = comments.find((one) => one.id === id);
      if (existing) existing.body = body;
      else comments.push({ id: comments.length + 1, user: { login: BOT }, body });
      response.end('{}');
    });
  });
  github.listen(0, '127.0.0.1');
  await once(github, 'listening');
});
afterEach(async () => {
  runner.dispose();
  github.closeAllConnections();
  github.close();
  await once(github, 'close');
});

function runs(inputs: Readonly<Record<string, string>>): Promise<ActionRun> {
  return runner.run(
    FOLDER,
    { 'pull-request': '7', commit: COMMIT, token: 'the-token', markdown: 'plan', ...inputs },
    {
      GITHUB_API_URL: `http://127.0.0.1:${(github.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: 'contoso/fleet',
    },
  );
}

test('the first plan writes a comment, and later ones change it', async () => {
  expect((await runs({ markdown: '### first $(x) `y`' })).code).toBe(0);
  expect((await runs({ markdown: '### second' })).code).toBe(0);
  expect(comments.map(({ body }) => body)).toEqual([`<!-- crctl fleet -->\n### second\n\nFor commit ${COMMIT}.`]);
  expect(seen).toEqual([
    'GET /repos/contoso/fleet/issues/7/comments',
    'POST /repos/contoso/fleet/issues/7/comments',
    'GET /repos/contoso/fleet/issues/7/comments',
    'PATCH /repos/contoso/fleet/issues/comments/1',
  ]);
});

test('comments of others stay as they are, whatever they begin with; its own is found on a later page', async () => {
  const others = [...Array(130).keys()].map((n) => ({
    id: n + 1,
    user: n === 5 ? null : { login: 'mallory' },
    body: '<!-- crctl fleet -->\nmine',
  }));
  comments = [...others, { id: 131, user: { login: BOT }, body: '<!-- crctl fleet -->\nold' }];
  expect((await runs({ markdown: 'new' })).code).toBe(0);
  expect(comments.slice(0, 130)).toEqual(others);
  expect(comments[130]?.body).toContain('new');
});

test('comments of other names, and other comments of the bot, stay as they are', async () => {
  comments = [
    { id: 1, user: { login: BOT }, body: 'A comment of another workflow' },
    { id: 2, user: { login: BOT }, body: '<!-- crctl plant-7 -->\nold' },
  ];
  await runs({ name: 'fleet' });
  expect(comments.map(({ body }) => body.split('\n')[0])).toEqual([
    'A comment of another workflow',
    '<!-- crctl plant-7 -->',
    '<!-- crctl fleet -->',
  ]);
});

test('a refusal names the permission, and repeats nothing that GitHub has said', async () => {
  const { code, log } = await runs({ token: 'other-token' });
  expect(code).toBe(1);
  expect(log).toContain('GitHub answers 403 to GET of comments. The job needs the permission pull-requests: write.');
  expect(log).not.toMatch(/owned|other-token/);
});

test.each([
  ['pull-request', '7/../../x'],
  ['commit', 'main'],
  ['name', 'x -->'],
])('another form of %s is refused before anything is sent', async (input, value) => {
  const { code, log } = await runs({ [input]: value });
  expect(code).toBe(1);
  expect(log).toContain(`The input ${input} `);
  expect(seen).toEqual([]);
});
