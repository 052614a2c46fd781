import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ONBOARD } from '../../src/domain/operations/run.js';
import { deriveReportKey } from '../../src/domain/pullCheck/reportKey.js';
import { postPullCheck } from '../../src/triggers/http/routes/pullChecks.js';
import { startPlainServer, type PlainServer } from '../shared/plainServer.js';
import { config, onboardingRun, RUN } from '../src/fakes/answers/requests.js';
import { FakeDurableClient, httpRequest, seen } from '../src/fakes/durable/durableClient.js';
import { requireProgram } from './program.js';

/*
 * The lines of docs/without-agent.md by which a program of somebody else's reports, against the app's own route.
 * They need a shell, curl and openssl.
 */

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const OPERATION = `${INSTANCE}.${RUN}`;
const keys = config().reportKeys;
/** Far ahead, so that no clock matters. */
const expiresAt = '2126-03-01T12:05:00.000Z';

let server: PlainServer;
const authorizations: string[] = [];
const engine = new FakeDurableClient();
beforeAll(async () => {
  await requireProgram('curl');
  await requireProgram('openssl', 'openssl', 'version');
  const ask = { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' };
  const customStatus = {
    phase: 'pullCheck',
    steps: [],
    pullCheck: { attempt: 2, expiresAt, reports: {}, request: ask },
  };
  engine.instances.set(INSTANCE, { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running', customStatus });
  const handler = postPullCheck(keys);
  server = await startPlainServer((request, response, body) => {
    const { authorization = '' } = request.headers;
    const [, operation = '', attempt = ''] = /^\/api\/pull-checks\/([^/]+)\/([^/]+)$/.exec(request.url ?? '') ?? [];
    authorizations.push(authorization);
    void handler(httpRequest({ body, headers: { authorization }, params: { operation, attempt } }), engine.client).then(
      (answer) => response.writeHead(answer.status ?? 500).end(JSON.stringify(seen(answer).body)),
    );
  });
});
afterAll(() => server.close());

/** The shell lines under the heading, in their order. */
function blocks(): string[] {
  const text = readFileSync(join(projectRoot(), 'docs/without-agent.md'), 'utf8');
  const [, section = ''] = text.split('## Reporting without the agent\n');
  return [...(section.split('\n## ')[0] ?? '').matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, lines = '']) => lines);
}

async function runs(script: string, more: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const message = { OPERATION, ATTEMPT: '2', EXPIRES_AT: expiresAt, IMAGE: 'hello-world:latest', KEY_ID: 'k1' };
  const reportKey = deriveReportKey(keys.signing, { operation: OPERATION, attempt: 2, expiresAt });
  const pulled = { DIGEST: `sha256:${'ab'.repeat(32)}`, BYTES: '2000' };
  const env = { ...process.env, ...message, ...pulled, APP: server.url, REPORT_KEY: reportKey, ...more };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env });
  return JSON.parse(stdout);
}

test('the documented lines report a pull, by a MAC and by the key, and a MAC by another key is refused', async () => {
  const [proven = '', inClear = '', ...others] = blocks();
  expect(others).toEqual([]);
  expect(await runs(proven, { REPORT_KEY: 'A'.repeat(43) })).toMatchObject({ code: 'report-key' });
  expect(engine.raised).toEqual([]);
  expect(await runs(proven)).toEqual({ status: 'accepted' });
  // The second form needs path and body of the first, and sends the same report.
  expect(await runs(`${proven.replace(/^curl [^]*/m, '')}${inClear}`)).toEqual({ status: 'accepted before' });
  expect(authorizations.map((text) => text.split(' ')[0])).toEqual(['PullCheckMac', 'PullCheckMac', 'PullCheck']);
  expect(engine.raised).toHaveLength(1);
});
