import { describe, expect, test } from 'vitest';
import { BadSettings } from '../../device/settings/badSettings.js';
import { readCommand } from '../../device/settings/command.js';

const ENV = {
  KEY_VAULT_URL: 'https://vault.example/',
  REPORT_URL: 'https://functions.example',
  AZURE_TENANT_ID: 'tenant',
  AZURE_CLIENT_ID: 'client',
  AZURE_CLIENT_SECRET: 'client-secret-value',
};

function problem(args: string[], env: NodeJS.ProcessEnv): string {
  try {
    readCommand(args, env);
  } catch (error) {
    return error instanceof BadSettings ? error.message : `other: ${String(error)}`;
  }
  return 'none';
}

test('settings have defaults that are safe', () => {
  expect(readCommand([], ENV)).toMatchObject({
    kind: 'serve',
    service: {
      port: 8085,
      host: '127.0.0.1',
      clients: undefined,
      reportUrl: 'https://functions.example',
      channel: { kind: 'webhook', key: undefined },
      check: { vault: { url: 'https://vault.example', verifyChallenge: true }, insecureRegistries: new Set() },
      consumers: { dockerConfigFile: undefined, pullSecrets: [], secrets: [], refresh: 21_600_000 },
    },
  });
});

test('without a client secret the identity is the managed one', () => {
  const { AZURE_CLIENT_SECRET: _secret, ...env } = ENV;
  expect(readCommand([], env)).toMatchObject({
    service: { check: { identity: { kind: 'managedIdentity', clientId: 'client' } } },
  });
});

test('a check from the command line needs no report address', () => {
  const { REPORT_URL: _url, ...env } = ENV;
  expect(readCommand(['--once', '--secret', 's', '--version', 'v', '--image', 'i:t'], env)).toMatchObject({
    kind: 'once',
    secret: { name: 's', version: 'v' },
  });
});

describe('a bad setting is named and its value not repeated', () => {
  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['KEY_VAULT_URL', [], { ...ENV, KEY_VAULT_URL: 'http://vault.example' }],
    ['KEY_VAULT_URL', [], { ...ENV, KEY_VAULT_URL: '' }],
    ['REPORT_URL', [], { ...ENV, REPORT_URL: 'http://functions.example' }],
    ['REPORT_URL', [], { ...ENV, REPORT_URL: undefined }],
    ['AZURE_TENANT_ID', [], { ...ENV, AZURE_TENANT_ID: '' }],
    ['AZURE_AUTHORITY_HOST', [], { ...ENV, AZURE_AUTHORITY_HOST: 'login.example' }],
    ['DISABLE_INSTANCE_DISCOVERY', [], { ...ENV, DISABLE_INSTANCE_DISCOVERY: 'yes' }],
    ['INSECURE_REGISTRIES', [], { ...ENV, INSECURE_REGISTRIES: 'a b' }],
    ['PLATFORM', [], { ...ENV, PLATFORM: 'linux' }],
    ['PULL_CONCURRENCY', [], { ...ENV, PULL_CONCURRENCY: '0' }],
    ['WEBHOOK_KEY', [], { ...ENV, WEBHOOK_KEY: 'short' }],
    ['--port', ['--port', '99999'], ENV],
    ['--image', ['--once', '--secret', 's', '--version', 'v'], ENV],
    ['--clients', ['--clients', ' ,'], ENV],
    ['--unknown', ['--unknown'], ENV],
  ])('%s', (name, args, env) => {
    const message = problem(args, env);
    expect(message).toContain(name);
    expect(message).not.toContain(ENV.AZURE_CLIENT_SECRET);
  });
});

test('plain http for reports is taken to this machine only', () => {
  expect(readCommand([], { ...ENV, REPORT_URL: 'http://localhost:7071/' })).toMatchObject({
    service: { reportUrl: 'http://localhost:7071' },
  });
  expect(problem([], { ...ENV, REPORT_URL: 'http://localhost.example' })).toContain('REPORT_URL');
});
