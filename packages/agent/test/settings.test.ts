import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { BadSettings } from '../src/settings/badSettings.js';
import { readCommand } from '../src/settings/command.js';

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

test('settings have safe defaults', () => {
  expect(readCommand([], ENV)).toMatchObject({
    kind: 'serve',
    service: {
      port: 8085,
      host: '127.0.0.1',
      clients: undefined,
      reportUrl: 'https://functions.example',
      channel: { kind: 'webhook', key: undefined },
      check: {
        secrets: { kind: 'vault', vault: { url: 'https://vault.example', verifyChallenge: true } },
        insecureRegistries: new Set(),
      },
      consumers: { dockerConfigFile: undefined, pullSecrets: [], secrets: [], refresh: 21_600_000 },
    },
  });
});

test('without a client secret the identity is the managed one', () => {
  const { AZURE_CLIENT_SECRET: _secret, ...env } = ENV;
  expect(readCommand([], env)).toMatchObject({
    service: { check: { secrets: { identity: { kind: 'managedIdentity', clientId: 'client' } } } },
  });
});

test('a check from the command line needs no report address', () => {
  const { REPORT_URL: _url, ...env } = ENV;
  expect(readCommand(['--once', '--secret', 's', '--version', 'v', '--image', 'i:t'], env)).toMatchObject({
    kind: 'once',
    secret: { name: 's', version: 'v' },
  });
});

describe('an invalid setting is named, and its value is not repeated', () => {
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
    ['--channel', ['--channel', 'pigeon'], ENV],
    ['CHANNEL', [], { ...ENV, CHANNEL: 'pigeon' }],
    ['PORT', [], { ...ENV, PORT: '70000' }],
    ['POLL_AUDIENCE', ['--channel', 'poll'], ENV],
    ['POLL_WAIT_SECONDS', ['--channel', 'poll'], { ...ENV, POLL_AUDIENCE: 'api://x', POLL_WAIT_SECONDS: '26' }],
    ['IOTHUB_CONNECTION_STRING', ['--channel', 'iotHub'], ENV],
    ['IOTHUB_CONNECTION_STRING', ['--channel', 'iotHub'], { ...ENV, IOTHUB_CONNECTION_STRING: 'HostName=h' }],
    [
      'IOTHUB_CONNECTION_STRING',
      ['--channel', 'iotHub'],
      { ...ENV, IOTHUB_CONNECTION_STRING: 'HostName=h;DeviceId=d;SharedAccessKey=client-secret-value;x509=true' },
    ],
    [
      'IOTHUB_KEY_FILE',
      ['--channel', 'iotHub'],
      { ...ENV, IOTHUB_CONNECTION_STRING: 'HostName=h;DeviceId=d;x509=true', IOTHUB_CERTIFICATE_FILE: '/c.pem' },
    ],
    ['IOTEDGE_MODULEID', ['--channel', 'iotHub'], { ...ENV, IOTEDGE_WORKLOADURI: 'unix:///workload.sock' }],
    ['REGISTRY_CA_FILE', [], { ...ENV, REGISTRY_CA_FILE: '/no/such/file' }],
    ['REGISTRY_CA_FILE', [], { ...ENV, REGISTRY_CA_FILE: fileURLToPath(import.meta.url) }],
    ['DOCKER_CONFIG_FILE', [], { ...ENV, DOCKER_CONFIG_FILE: 'config.json' }],
    ['KUBERNETES_PULL_SECRETS', [], { ...ENV, KUBERNETES_PULL_SECRETS: 'edge-pull' }],
    ['KUBERNETES_PULL_SECRETS', [], { ...ENV, KUBERNETES_PULL_SECRETS: 'apps/../x' }],
    ['KUBERNETES_SERVICE_HOST', [], { ...ENV, KUBERNETES_PULL_SECRETS: 'apps/edge-pull' }],
    ['SECRETS', [], { ...ENV, SECRETS: 'a/b' }],
    ['SECRETS', [], { ...ENV, SECRETS: 'device-1-candidate' }],
    ['SECRETS', [], { ...ENV, SECRETS: 'device-1-CANDIDATE' }],
    ['REFRESH_SECONDS', [], { ...ENV, REFRESH_SECONDS: '0' }],
    ['JOIN_FOLDER', ['--channel', 'joined'], { JOIN_FOLDER: 'device' }],
    ['JOIN_FOLDER', ['--channel', 'joined'], { JOIN_FOLDER: `/${'x'.repeat(80)}` }],
    ['JOIN_FOLDER', ['--once', '--secret', 's', '--image', 'i:t'], { CHANNEL: 'joined', JOIN_FOLDER: '/device/' }],
    ['KEY_RENEWAL_DAYS', ['--channel', 'joined'], { KEY_RENEWAL_DAYS: '0.5' }],
    ['POLL_WAIT_SECONDS', ['--channel', 'joined'], { POLL_WAIT_SECONDS: '26' }],
    ['AZURE_CLIENT_CERTIFICATE_PATH', [], { ...ENV, CREDENTIAL_KIND: 'clientCertificate' }],
    ['AZURE_FEDERATED_TOKEN_FILE', [], { ...ENV, CREDENTIAL_KIND: 'workloadIdentity' }],
  ])('%s', (name, args, env) => {
    const message = problem(args, env);
    expect(message).toContain(name);
    expect(message).not.toContain(ENV.AZURE_CLIENT_SECRET);
  });
});

test('all missing settings are named at once, each once', () => {
  const message = problem([], { CHANNEL: 'poll', CREDENTIAL_KIND: 'clientSecret', KUBERNETES_PULL_SECRETS: 'apps/x' });
  expect(message.split('\n').map((line) => line.slice(0, line.indexOf(':')))).toEqual([
    'REPORT_URL',
    'KEY_VAULT_URL',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_SECRET',
    'POLL_AUDIENCE',
    'KUBERNETES_SERVICE_HOST',
  ]);
  expect(problem(['--once', '--port', 'x'], {})).toMatch(/--secret[^]*--image[^]*KEY_VAULT_URL/);
  expect(problem(['--channel', 'pigeon', '--port', 'x'], {})).toMatch(/--channel[^]*--port[^]*REPORT_URL/);
});

test.each([
  [undefined, 'is missing'],
  ['', 'is missing'],
  ['http://vault.example', 'has a wrong scheme: it must be https'],
  ['ftp://vault.example', 'has a wrong scheme: it must be https'],
  ['vault.example', 'must be an address with https://'],
  ['localhost:7443', 'must be an address with https://'],
  ['https://', 'must be an address with https://'],
])('KEY_VAULT_URL %j: %s', (value, message) => {
  expect(problem([], { ...ENV, KEY_VAULT_URL: value })).toBe(`KEY_VAULT_URL: ${message}`);
});

describe('a webhook without a key', () => {
  test.each(['127.0.0.1', '127.0.0.53', 'localhost', '::1'])('may listen on %s', (host) => {
    expect(problem(['--host', host], ENV)).toBe('none');
  });
  test.each(['0.0.0.0', '::', '192.168.0.7', 'device.example', '127.0.0.1.example'])('may not listen on %s', (host) => {
    expect(problem(['--host', host], ENV)).toMatch(/^WEBHOOK_KEY: is required/);
    expect(problem([], { ...ENV, LISTEN_ADDRESS: host })).toMatch(/^WEBHOOK_KEY: is required/);
    expect(problem(['--host', host], { ...ENV, WEBHOOK_KEY: 'k'.repeat(16) })).toBe('none');
    expect(problem(['--host', host, '--channel', 'poll'], { ...ENV, POLL_AUDIENCE: 'api://x' })).toBe('none');
  });
});

test('reports may use plain http to this machine only', () => {
  expect(readCommand([], { ...ENV, REPORT_URL: 'http://localhost:7071/' })).toMatchObject({
    service: { reportUrl: 'http://localhost:7071' },
  });
  expect(problem([], { ...ENV, REPORT_URL: 'http://localhost.example' })).toContain('REPORT_URL');
});

test('a flag takes precedence over its variable, and an empty variable counts as missing', () => {
  const env = {
    ...ENV,
    PORT: '1',
    CLIENTS: 'a, b',
    CHANNEL: '',
    LISTEN_ADDRESS: '0.0.0.0',
    WEBHOOK_KEY: 'k'.repeat(16),
  };
  expect(readCommand(['--port', '2'], env)).toMatchObject({
    service: { port: 2, host: '0.0.0.0', clients: new Set(['a', 'b']), channel: { kind: 'webhook' } },
  });
});

test.each([
  [
    'HostName=hub.example;DeviceId=d 1;SharedAccessKey=a2V5PT0=',
    { hostName: 'hub.example', deviceId: 'd 1', moduleId: undefined, proof: { kind: 'key', key: 'a2V5PT0=' } },
  ],
  [
    'HostName=hub.example;DeviceId=d;ModuleId=m;GatewayHostName=gateway;x509=true',
    {
      gatewayHostName: 'gateway',
      moduleId: 'm',
      proof: { kind: 'certificate', certificateFile: '/cert.pem', keyFile: '/key.pem' },
    },
  ],
])('a hub connection may be configured by %s', (text, identity) => {
  const files = { IOTHUB_CERTIFICATE_FILE: '/cert.pem', IOTHUB_KEY_FILE: '/key.pem' };
  expect(readCommand(['--channel', 'iotHub'], { ...ENV, ...files, IOTHUB_CONNECTION_STRING: text })).toMatchObject({
    service: { channel: { kind: 'iotHub', port: 8883, identity } },
  });
});

test('an IoT Edge module gets its hub from IoT Edge’s variables', () => {
  const edge = {
    IOTEDGE_WORKLOADURI: 'unix:///var/run/iotedge/workload.sock',
    IOTEDGE_IOTHUBHOSTNAME: 'hub.example',
    IOTEDGE_GATEWAYHOSTNAME: 'edge-host',
    IOTEDGE_DEVICEID: 'gateway-7',
    IOTEDGE_MODULEID: 'agent',
    IOTEDGE_MODULEGENERATIONID: '637',
  };
  expect(readCommand([], { ...ENV, ...edge, CHANNEL: 'iotHub' })).toMatchObject({
    service: {
      channel: {
        identity: {
          hostName: 'hub.example',
          gatewayHostName: 'edge-host',
          moduleId: 'agent',
          proof: { generation: '637' },
        },
      },
    },
  });
});

test('a main secret is given by its name or by its client', () => {
  const client = { registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'device 1' };
  const env = { ...ENV, SECRETS: 'by-name, myregistry/myconnectedregistry/device 1' };
  expect(readCommand([], env)).toMatchObject({
    service: { consumers: { secrets: ['by-name', mainSecretName(client)] } },
  });
});

test.each([
  [{ AZURE_FEDERATED_TOKEN_FILE: '/token' }, 'workloadIdentity'],
  [{ AZURE_CLIENT_CERTIFICATE_PATH: '/cert.pem', AZURE_FEDERATED_TOKEN_FILE: '/token' }, 'clientCertificate'],
  [{ AZURE_CLIENT_SECRET: 'x', AZURE_CLIENT_CERTIFICATE_PATH: '/cert.pem' }, 'clientSecret'],
  [{ AZURE_CLIENT_SECRET: 'x', CREDENTIAL_KIND: 'managedIdentity' }, 'managedIdentity'],
])('%j stands for %s', (variables, kind) => {
  expect(readCommand([], { ...ENV, AZURE_CLIENT_SECRET: '', ...variables })).toMatchObject({
    service: { check: { secrets: { identity: { kind } } } },
  });
});

describe('a device that has joined', () => {
  test('needs neither an identity nor a vault nor the app’s address', () => {
    expect(readCommand(['--channel', 'joined'], {})).toMatchObject({
      kind: 'serve',
      service: {
        reportUrl: undefined,
        channel: {
          kind: 'joined',
          folder: '/var/lib/connected-registry-device',
          renewalAge: 30 * 86_400_000,
          wait: 25,
        },
        check: { secrets: { kind: 'joined', folder: '/var/lib/connected-registry-device' } },
      },
    });
    const once = ['--once', '--channel', 'joined', '--secret', 's', '--image', 'i:t'];
    expect(readCommand(once, { JOIN_FOLDER: '/keys/device' })).toMatchObject({
      kind: 'once',
      check: { secrets: { kind: 'joined', folder: '/keys/device' } },
    });
  });

  test('may use all consumers and settings of the pull', () => {
    const env = {
      DOCKER_CONFIG_FILE: '/engine/config.json',
      INSECURE_REGISTRIES: 'edge:8000',
      LISTEN_ADDRESS: '0.0.0.0',
    };
    expect(problem(['--channel', 'joined'], env)).toBe('none');
  });

  const FROM_MEMBERSHIP = [
    'REPORT_URL',
    'CLIENTS',
    'SECRETS',
    'KEY_VAULT_URL',
    'KEY_VAULT_VERIFY_CHALLENGE',
    'CREDENTIAL_KIND',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_ID',
    'AZURE_CLIENT_SECRET',
    'AZURE_CLIENT_CERTIFICATE_PATH',
    'AZURE_FEDERATED_TOKEN_FILE',
    'AZURE_AUTHORITY_HOST',
    'DISABLE_INSTANCE_DISCOVERY',
    'WEBHOOK_KEY',
    'POLL_AUDIENCE',
    'IOTHUB_CONNECTION_STRING',
    'IOTHUB_CERTIFICATE_FILE',
    'IOTHUB_KEY_FILE',
    'IOTHUB_CA_FILE',
    'IOTHUB_PORT',
    'IOTHUB_SEALED',
  ];
  test.each(FROM_MEMBERSHIP)('cannot have %s, with --once or without', (name) => {
    const env = { CHANNEL: 'joined', [name]: 'client-secret-value' };
    const message = `${name}: cannot be set with the channel joined`;
    for (const args of [[], ['--once', '--secret', 's', '--image', 'i:t']]) {
      expect(problem(args, env)).toContain(message);
      expect(problem(args, env)).not.toContain('client-secret-value');
      expect(problem(args, { ...env, [name]: '' })).toBe('none');
    }
  });

  test('names all conflicts at once, its flag among them', () => {
    const env = Object.fromEntries(FROM_MEMBERSHIP.map((name) => [name, 'x']));
    const named = problem(['--channel', 'joined', '--clients', 'a'], env)
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
    expect(named.toSorted()).toEqual([...FROM_MEMBERSHIP, '--clients'].toSorted());
  });

  test.each(['webhook', 'poll', 'iotHub'])('is not what the channel %s makes of a folder', (channel) => {
    const env = { ...ENV, CHANNEL: channel, JOIN_FOLDER: '/device', KEY_RENEWAL_DAYS: '7' };
    expect(problem([], env)).toMatch(
      /JOIN_FOLDER: is for the channel joined[^]*KEY_RENEWAL_DAYS: is for the channel joined only/,
    );
  });
});

describe('a device of a hub with keys', () => {
  const HUB = {
    CHANNEL: 'iotHub',
    IOTHUB_CONNECTION_STRING: 'HostName=h.example;DeviceId=d;SharedAccessKey=a2V5',
    IOTHUB_SEALED: 'true',
    REPORT_URL: 'https://app.example/',
  };

  test('needs its hub and the app, and neither an identity nor a vault', () => {
    expect(readCommand([], HUB)).toMatchObject({
      kind: 'serve',
      service: {
        channel: { kind: 'iotHub', identity: { hostName: 'h.example', deviceId: 'd' } },
        check: { secrets: { kind: 'hub', folder: '/var/lib/connected-registry-device', url: 'https://app.example' } },
      },
    });
    expect(problem(['--once', '--secret', 's', '--image', 'i:t'], { ...HUB, JOIN_FOLDER: '/device' })).toBe('none');
  });

  test('cannot have what it has from its hub, or does not need', () => {
    for (const name of ['KEY_VAULT_URL', 'AZURE_CLIENT_ID', 'CLIENTS', 'SECRETS', 'KEY_RENEWAL_DAYS', 'WEBHOOK_KEY'])
      expect(problem([], { ...HUB, [name]: '7' }), name).toContain(`${name}: cannot be set with IOTHUB_SEALED`);
    expect(problem(['--clients', 'a'], HUB)).toContain('--clients: cannot be set with IOTHUB_SEALED');
  });

  test('signs the paths of its requests, so the address of the app has none', () => {
    expect(problem([], { ...HUB, REPORT_URL: 'https://app.example/front' })).toContain('REPORT_URL: must be the app');
  });

  test('is none on another channel', () => {
    const message = 'IOTHUB_SEALED: is for the channel iotHub only';
    expect(problem([], { ...ENV, CHANNEL: 'webhook', IOTHUB_SEALED: 'true' })).toContain(message);
    expect(problem([], { ...ENV, CHANNEL: 'webhook', IOTHUB_SEALED: 'false' })).toBe('none');
  });
});

describe('agent join', () => {
  const ARGS = ['join', '--token-file', '/token', '--url', 'https://app.example/'];

  test('has safe defaults', () => {
    expect(readCommand(ARGS, {})).toEqual({
      kind: 'join',
      join: {
        tokenFile: '/token',
        url: 'https://app.example',
        folder: '/var/lib/connected-registry-device',
        keyType: 'p256',
        again: false,
        timeout: 30_000,
      },
    });
  });

  test('takes its flags, and the folder from its variable', () => {
    const args = [...ARGS, '--key-type', 'ed25519', '--again'];
    const env = { JOIN_FOLDER: '/variable', IDLE_TIMEOUT_SECONDS: '5' };
    const expected = { keyType: 'ed25519', again: true, timeout: 5_000 };
    expect(readCommand(args, env)).toMatchObject({ join: { ...expected, folder: '/variable' } });
    expect(readCommand([...args, '--folder', '/flag'], env)).toMatchObject({ join: { ...expected, folder: '/flag' } });
    expect(readCommand(['join', '--help'], {})).toEqual({ kind: 'help' });
  });

  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['--token-file: is missing', ['join', '--url', 'https://app.example'], {}],
    ['--url: is missing', ['join', '--token-file', '/token'], {}],
    ['--url: must be https, except to this machine', [...ARGS, '--url', 'http://app.example'], {}],
    ["--url: must be the app's base address", [...ARGS, '--url', 'https://app.example/api'], {}],
    ["--url: must be the app's base address", [...ARGS, '--url', 'https://user@app.example'], {}],
    ['--url: must be an address', [...ARGS, '--url', 'app.example'], {}],
    ['--folder: must be an absolute path', [...ARGS, '--folder', 'device'], {}],
    ['JOIN_FOLDER: must be an absolute path', ARGS, { JOIN_FOLDER: 'device' }],
    ['--key-type:', [...ARGS, '--key-type', 'rsa'], {}],
    ['IDLE_TIMEOUT_SECONDS:', ARGS, { IDLE_TIMEOUT_SECONDS: '0' }],
    ["Unknown option '--token'", [...ARGS, '--token', 'crjoin1'], {}],
    ['Unexpected argument', [...ARGS, 'crjoin1'], {}],
  ])('%s', (message, args, env) => {
    expect(problem(args, env)).toContain(message);
  });

  test('to this machine may use plain http', () => {
    expect(readCommand([...ARGS, '--url', 'http://127.0.0.1:7071'], {})).toMatchObject({
      join: { url: 'http://127.0.0.1:7071' },
    });
  });
});
