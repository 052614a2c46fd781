import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { decodeJwt } from 'jose';
import { OidcProvider } from '../../shared/oidcProvider.js';
import { letIn, withoutSecret } from '../harness/federation.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { Crctl } from './crctl.js';

/*
 * crctl signs in with Entra: the simulator issues tokens as Entra does, and a server in place of the app, which App
 * Service would stand before, sees what crctl sends.
 */

let it: TestStack;
let crctl: Crctl;
let app: Server;
let seen: (string | undefined)[];
/** How many the list still has. */
let pages: number;
let provider: OidcProvider;
beforeAll(async () => {
  it = await startTestStack();
  provider = await OidcProvider.start();
  await letIn(it, provider);
  app = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    pages -= 1;
    response.end(JSON.stringify({ operations: [], ...(pages > 0 ? { continuation: `page-${pages}` } : {}) }));
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  crctl = await Crctl.installed({ CRCTL_URL: `http://127.0.0.1:${(app.address() as AddressInfo).port}` });
});
beforeEach(() => {
  seen = [];
  pages = 1;
});
afterAll(async () => {
  crctl.dispose();
  app.close();
  await provider.close();
  await it.dispose();
});

test('as a service principal of the environment', async () => {
  const { azure, identities } = it.stack.endpoints;
  const { code, err } = await crctl.run(['ops', 'list', '--scope', `${azure.arm}/.default`], {
    AZURE_AUTHORITY_HOST: azure.authority,
    AZURE_TENANT_ID: azure.tenantId,
    AZURE_CLIENT_ID: identities.operator.clientId,
    AZURE_CLIENT_SECRET: identities.operator.clientSecret,
    NODE_EXTRA_CA_CERTS: azure.caFile,
  });
  expect(code, err).toBe(0);
  const [scheme, token = ''] = seen[0]?.split(' ') ?? [];
  expect(scheme).toBe('Bearer');
  expect(decodeJwt(token)).toMatchObject({ tid: azure.tenantId });
});

const federated = () => ({ ...withoutSecret(it), CRCTL_SCOPE: `${it.stack.endpoints.azure.arm}/.default` });

test('as the workload identity of a pipeline, by the token in a file', async () => {
  const file = join(crctl.folder, 'token');
  writeFileSync(file, await provider.token());
  const { code, err } = await crctl.run(['ops', 'list'], { ...federated(), AZURE_FEDERATED_TOKEN_FILE: file });
  expect(code, err).toBe(0);
  expect(decodeJwt(seen[0]?.replace('Bearer ', '') ?? '')).toMatchObject({ appid: federated().AZURE_CLIENT_ID });
});

test('as a job of GitHub Actions, by a token that it asks for', async () => {
  const { code, out, err } = await crctl.run(['ops', 'list'], { ...federated(), ...provider.env });
  expect(code, err).toBe(0);
  expect(decodeJwt(seen[0]?.replace('Bearer ', '') ?? '')).toMatchObject({ appid: federated().AZURE_CLIENT_ID });
  expect(provider.issued.length).toBeGreaterThan(0);
  for (const secret of [provider.requestToken, ...provider.issued]) expect(out + err).not.toContain(secret);
});

test('as whoever the Azure CLI has signed in, by a context that holds no secret', async () => {
  const bin = join(crctl.folder, 'bin');
  mkdirSync(bin);
  const answer = { accessToken: 'token-of-the-cli', expiresOn: '2099-01-01 00:00:00.000000', tokenType: 'Bearer' };
  const starts = join(crctl.folder, 'starts');
  writeFileSync(join(bin, 'az'), `#!/bin/sh\necho start >> '${starts}'\necho '${JSON.stringify(answer)}'\n`);
  chmodSync(join(bin, 'az'), 0o755);
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const login = await crctl.run(['login', '--scope', 'api://app/.default', '--name', 'entra'], env);
  expect(login.code, login.err).toBe(0);
  expect((await crctl.run(['ops', 'list', '--context', 'entra'], env)).code).toBe(0);
  expect(seen).toEqual(['Bearer token-of-the-cli', 'Bearer token-of-the-cli']);
  // Each process asks for a token once, whatever it reads.
  writeFileSync(starts, '');
  pages = 3;
  expect((await crctl.run(['ops', 'list', '--all', '--context', 'entra'], env)).code).toBe(0);
  expect(seen).toHaveLength(2 + 3);
  expect(readFileSync(starts, 'utf8')).toBe('start\n');
});

test('or says that nobody is, and sends nothing', async () => {
  const empty = join(crctl.folder, 'empty');
  mkdirSync(empty);
  const { code, err } = await crctl.run(['ops', 'list', '--scope', 'api://app/.default'], { PATH: empty });
  expect(code).toBe(4);
  expect(err).toContain('Authentication required: there is no sign-in for api://app/.default.');
  expect(seen).toEqual([]);
});
