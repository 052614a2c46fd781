import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { decodeJwt } from 'jose';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { Crctl } from './crctl.js';

/*
 * crctl signs in with Entra: the simulator issues tokens as Entra does, and a server in place of the app, which App Service would stand
 * before, sees what crctl sends.
 */

let it: TestStack;
let crctl: Crctl;
let app: Server;
let seen: (string | undefined)[];
beforeAll(async () => {
  it = await startTestStack();
  app = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ operations: [] }));
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  crctl = await Crctl.installed({ CRCTL_URL: `http://127.0.0.1:${(app.address() as AddressInfo).port}` });
});
beforeEach(() => (seen = []));
afterAll(async () => {
  crctl.dispose();
  app.close();
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

test('as whoever the Azure CLI has signed in, by a context that holds no secret', async () => {
  const bin = join(crctl.folder, 'bin');
  mkdirSync(bin);
  const answer = { accessToken: 'token-of-the-cli', expiresOn: '2099-01-01 00:00:00.000000', tokenType: 'Bearer' };
  writeFileSync(join(bin, 'az'), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
  chmodSync(join(bin, 'az'), 0o755);
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const login = await crctl.run(['login', '--scope', 'api://app/.default', '--name', 'entra'], env);
  expect(login.code, login.err).toBe(0);
  expect((await crctl.run(['ops', 'list', '--context', 'entra'], env)).code).toBe(0);
  expect(seen).toEqual(['Bearer token-of-the-cli', 'Bearer token-of-the-cli']);
});

test('or says that nobody is, and sends nothing', async () => {
  const empty = join(crctl.folder, 'empty');
  mkdirSync(empty);
  const { code, err } = await crctl.run(['ops', 'list', '--scope', 'api://app/.default'], { PATH: empty });
  expect(code).toBe(4);
  expect(err).toContain('Authentication required: there is no sign-in for api://app/.default.');
  expect(seen).toEqual([]);
});
