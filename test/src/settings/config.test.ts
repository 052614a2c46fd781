import { describe, expect, test } from 'vitest';
import { problemsOf } from './problemsOf.js';
import { loadConfig } from '../../../src/settings/config.js';
import { findRegistry } from '../../../src/settings/registries.js';
import { config, SETTINGS } from '../fakes/answers/requests.js';
const key = (id: string, bytes = 32) => `${id}:${Buffer.alloc(bytes, 5).toString('base64url')}`;
const registry = (name: string) => (SETTINGS['REGISTRIES'] ?? '').replace('myregistry', name);

describe('a missing setting', () => {
  test.each(['REGISTRIES', 'KEY_VAULT_URL', 'SIGNAL_TOPIC_ENDPOINT', 'REPORT_KEYS'])('is named: %s', (name) => {
    expect(problemsOf({ [name]: undefined })).toEqual([`setting ${name} is missing`]);
    expect(problemsOf({ [name]: '' })).toEqual([`setting ${name} is missing`]);
  });

  test.each(['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'])(
    'is named when a client secret is the credential: %s',
    (name) => {
      const all = {
        CREDENTIAL_KIND: 'clientSecret',
        AZURE_TENANT_ID: 't',
        AZURE_CLIENT_ID: 'c',
        AZURE_CLIENT_SECRET: 's',
      };
      expect(problemsOf(all)).toEqual([]);
      expect(problemsOf({ ...all, [name]: '' }).join()).toContain(name);
    },
  );

  test.each([
    '0 0/30 * * * *',
    '0 0 22-4 * * *',
    '0 0 * * * *',
    '0 0 3 * * SUN',
    '0 * * * *',
    '*/5 * * * *',
    '00:30:00',
    '%SWEEPS_AT%',
    '%sweeps_at%',
  ])('is not reported for a schedule that the host can run: %s', (ROTATION_SWEEP_SCHEDULE) => {
    const SWEEPS_AT = '0 15 * * * *';
    const schedules = { SWEEPS_AT, ROTATION_SWEEP_SCHEDULE, CHECK_SCHEDULE: ROTATION_SWEEP_SCHEDULE };
    expect(problemsOf(schedules)).toEqual([]);
  });

  test('is named with all the others', () => {
    expect(() => loadConfig({})).toThrow(/REGISTRIES.*SIGNAL_TOPIC_ENDPOINT.*REPORT_KEYS.*KEY_VAULT_URL/);
  });
});

describe('an invalid setting', () => {
  test.each<[string, string]>([
    ['REGISTRIES', 'wrong-value'],
    ['REGISTRIES', ','],
    ['REGISTRIES', `${registry('first1')},wrong-value`],
    ['REGISTRIES', registry('wrong-value')],
    ['REGISTRIES', registry('ab')],
    ['REGISTRIES', `${registry('same1')},${registry('SAME1')}`],
    ['ARM_ENDPOINT', 'http://wrong-value'],
    ['ARM_AUDIENCE', 'wrong-value'],
    ['ARM_READ_BUCKET', '0'],
    ['ARM_READS_PER_SECOND', '0'],
    ['ARM_WRITE_BUCKET', 'wrong-value'],
    ['ARM_WRITES_PER_SECOND', '0'],
    ['ARM_DELETE_BUCKET', '2.5'],
    ['ARM_DELETES_PER_SECOND', '0'],
    ['REGISTRY_API_VERSION', 'wrong-value'],
    ['CONNECTED_REGISTRY_API_VERSION', 'wrong-value-preview'],
    ['CREDENTIAL_KIND', 'wrong-value'],
    ['AZURE_AUTHORITY_HOST', 'http://wrong-value'],
    ['DISABLE_INSTANCE_DISCOVERY', 'wrong-value'],
    ['KEY_VAULT_URL', 'http://wrong-value.vault.azure.net'],
    ['KEY_VAULT_VERIFY_CHALLENGE', '0'],
    ['SIGNAL_TOPIC_ENDPOINT', 'wrong-value'],
    ['REPORT_KEYS', 'wrong-value'],
    ['REPORT_KEYS', key('wrong-value', 31)],
    ['REPORT_KEYS', `:${key('x').split(':')[1]}`],
    ['REPORT_KEYS', `${key('a')},${key('a')}`],
    ['REPORT_KEYS', `${key('a')},wrong-value`],
    ['REPORT_KEYS', key('wrong value')],
    ['OPERATOR_AUTH', 'wrong-value'],
    ['OPERATOR_ROLE', 'wrong-value or two'],
    ['OPERATOR_ROLE', 'x'.repeat(121)],
    ['OPERATOR_PRINCIPALS', 'wrong-value'],
    ['OPERATOR_PRINCIPALS', '11111111-aaaa-4bbb-8ccc-1234567890ab,ann@wrong-value'],
    ['ALLOWED_ENDPOINTS', 'https://wrong-value/'],
    ['ALLOWED_ENDPOINTS', 'edge:8000,wrong value'],
    ['CLIENTS_PER_CONNECTED_REGISTRY', '0'],
    ['CLIENTS_PER_CONNECTED_REGISTRY', 'wrong-value'],
    ['CLIENTS_PER_CONNECTED_REGISTRY', '2.5'],
    ['PERMISSIONS_PER_SCOPE_MAP', '-1'],
    ['RETRY_FIRST_SECONDS', '0'],
    ['RETRY_MAX_SECONDS', '3601'],
    ['STEP_DEADLINE_SECONDS', ' '],
    ['BIND_DEADLINE_SECONDS', 'Infinity'],
    ['REPORT_TIMEOUT_SECONDS', 'wrong-value'],
    ['PULL_CHECK_DEADLINE_SECONDS', '99999999'],
    ['PULL_CHECK_RETRY_SECONDS', '0'],
    ['UNDO_DEADLINE_SECONDS', '1e9'],
    ['CREDENTIAL_LIFETIME_DAYS', '731'],
    ['NEAR_EXPIRY_EVENTS', 'wrong-value'],
    ['ROTATE_AFTER', 'wrong-value'],
    ['ROTATE_AFTER', '3/2'],
    ['ROTATE_AFTER', '0d'],
    ['ROTATION_SPREAD_HOURS', '-1'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 3 * * 1-7'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 3 * * 7'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 3 ? * SUN'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 3 L * *'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 3 31 2 *'],
    ['ROTATION_SWEEP_SCHEDULE', '%NO_SUCH_SETTING%'],
    ['CHECK_SCHEDULE', '0 0 3 * * 1-7'],
    ['CHECK_SCHEDULE', '@daily'],
    ['CHECK_SCHEDULE', '00:00:00'],
    ['ROTATION_SWEEP_SCHEDULE', '0 0 wrong-value * * *'],
    ['ROTATION_WAVE_SIZE', '0'],
    ['ROTATION_WAVE_SECONDS', '0'],
    ['ROTATION_FAILURE_LIMIT', '0'],
    ['ROTATION_RETRY_SECONDS', '0'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 * * 5|PT62H|wrong-value'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 * * 5|62 hours'],
    ['ROTATION_FREEZE_WINDOWS', '0 0 1 1 *|P3000000D'],
    ['ROTATION_FREEZE_WINDOWS', '0 0 * * *|PT24H'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 * * 5'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 * * 7|PT62H'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 ? * 5|PT62H'],
    ['ROTATION_FREEZE_WINDOWS', '0 18 L * *|PT62H'],
    ['PASSWORD_REPLICATION_SECONDS', '-1'],
    ['SYNC_DEADLINE_SECONDS', '0'],
    ['OVERLAP_SECONDS', '0'],
    ['AGENT_REFRESH_SECONDS', '0'],
    ['PURGE_AFTER_DAYS', '1'],
    ['PURGE_AFTER_DAYS', 'wrong-value'],
  ])('is named, and its value is not shown: %s=%s', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems.map((text) => text.split(' ')[1])).toContain(name);
    expect(problems.join()).not.toContain('wrong-value');
  });

  test('is named with all the others', () => {
    const problems = problemsOf({ REPORT_KEYS: 'x', ARM_ENDPOINT: 'x', RETRY_MAX_SECONDS: 'x', KEY_VAULT_URL: '' });
    expect(new Set(problems.map((text) => text.split(' ')[1]))).toEqual(
      new Set(['ARM_ENDPOINT', 'KEY_VAULT_URL', 'REPORT_KEYS', 'RETRY_MAX_SECONDS']),
    );
  });

  test('does not show a report key or a client secret', () => {
    const secret = 'a-secret-that-is-too-short';
    expect(problemsOf({ REPORT_KEYS: `k:${secret}` }).join()).not.toContain(secret);
    expect(problemsOf({ CREDENTIAL_KIND: 'clientSecret', AZURE_CLIENT_SECRET: secret }).join()).not.toContain(secret);
  });
});

describe('settings that contradict each other', () => {
  test.each(['vault.azure.net', 'vault.azure.cn', 'vault.usgovcloudapi.net', 'vault.microsoftazure.de'])(
    'are an unverified challenge and a vault under %s',
    (host) => {
      const problems = problemsOf({ KEY_VAULT_VERIFY_CHALLENGE: 'false', KEY_VAULT_URL: `https://Edge.${host}/` });
      expect(problems.join()).toContain('KEY_VAULT_VERIFY_CHALLENGE');
    },
  );

  test('are a first pause longer than the longest, and a report awaited beyond the deadline', () => {
    expect(problemsOf({ RETRY_FIRST_SECONDS: '61' }).join()).toContain('RETRY_FIRST_SECONDS');
    expect(problemsOf({ RETRY_FIRST_SECONDS: '60' })).toEqual([]);
    expect(problemsOf({ PULL_CHECK_DEADLINE_SECONDS: '299' }).join()).toContain('REPORT_TIMEOUT_SECONDS');
  });
});

describe('settings of rotation that contradict each other', () => {
  test.each([
    [
      'a life that the near-expiry event would end at once',
      { CREDENTIAL_LIFETIME_DAYS: '30', ROTATION_SPREAD_HOURS: '0' },
      'NEAR_EXPIRY_EVENTS',
    ],
    [
      'a rotation after the end',
      { ROTATE_AFTER: '90d', ROTATION_SPREAD_HOURS: '0' },
      'ROTATE_AFTER must be less than CREDENTIAL_LIFETIME_DAYS',
    ],
    ['a spread beyond the deadline', { ROTATION_SPREAD_HOURS: '361' }, 'ROTATION_SPREAD_HOURS must be at most 360'],
    [
      'a freeze as long as the room for a rotation',
      { ROTATION_FREEZE_WINDOWS: '0 0 1 * *|P16D' },
      'ROTATION_FREEZE_WINDOWS must hold no window longer than 360 hours',
    ],
    ['sweeps too far apart', { ROTATION_SWEEP_SCHEDULE: '0 0 0 1 * *' }, 'ROTATION_SWEEP_SCHEDULE'],
    [
      'sweeps on days that fulfil both day fields, so once a month',
      { ROTATION_SWEEP_SCHEDULE: '0 0 3 1-7 * 0' },
      'ROTATION_SWEEP_SCHEDULE must come more often',
    ],
    [
      'sweeps that rest over the summer',
      { ROTATION_SWEEP_SCHEDULE: '0 */5 * * 1-5,9-12 *' },
      'ROTATION_SWEEP_SCHEDULE must come more often',
    ],
    [
      'a time span on a plan that runs none',
      { ROTATION_SWEEP_SCHEDULE: '01:00:00', WEBSITE_SKU: 'FlexConsumption' },
      'ROTATION_SWEEP_SCHEDULE must be an NCRONTAB expression',
    ],
    ['an overlap that no sync fits into', { OVERLAP_SECONDS: '119' }, 'OVERLAP_SECONDS must be at least 120'],
    [
      'an overlap into the next rotation',
      { OVERLAP_SECONDS: String(60 * 86_400) },
      'OVERLAP_SECONDS and AGENT_REFRESH_SECONDS',
    ],
  ])('are %s', (_, settings, words) => {
    expect(problemsOf(settings).join()).toContain(words);
  });

  test.each([
    [
      'the shortest life without the event',
      {
        CREDENTIAL_LIFETIME_DAYS: '1',
        NEAR_EXPIRY_EVENTS: 'false',
        ROTATION_SPREAD_HOURS: '2',
        OVERLAP_SECONDS: '7200',
      },
    ],
    ['the shortest with it', { CREDENTIAL_LIFETIME_DAYS: '31', ROTATION_SPREAD_HOURS: '24' }],
    ['days', { ROTATE_AFTER: '60d' }],
    ['the longest freeze', { ROTATION_FREEZE_WINDOWS: '0 0 1 * *|P15D|Europe/Berlin; 0 22 * * 1-5|PT8H' }],
    ['the shortest overlap', { OVERLAP_SECONDS: '120' }],
  ])('are not %s', (_, settings) => {
    expect(problemsOf(settings)).toEqual([]);
  });

  test('are a profile whose credentials expire too soon for the near-expiry event', () => {
    const profile = {
      name: 'plant',
      match: { connectedRegistry: 'myconnectedregistry' },
      repositories: ['hello-world'],
      credentialLifetimeDays: 30,
    };
    const PROFILES = JSON.stringify([profile]);
    expect(problemsOf({ PROFILES }).join()).toContain('profile plant, field credentialLifetimeDays: is too short');
    expect(problemsOf({ PROFILES, NEAR_EXPIRY_EVENTS: 'false' })).toEqual([]);
  });
});

describe('the config', () => {
  test('has its defaults when nothing is set', () => {
    const { arm, identity, vaults, allowedEndpoints, caps, limits, warnings } = config();
    expect(arm).toEqual({
      endpoint: 'https://management.azure.com',
      audience: 'https://management.azure.com',
      versions: { registry: '2025-11-01', connectedRegistry: '2025-11-01' },
      rates: {
        reads: { capacity: 250, perSecond: 25 },
        writes: { capacity: 200, perSecond: 10 },
        deletes: { capacity: 200, perSecond: 10 },
      },
      identities: [],
    });
    expect(identity).toEqual({
      kind: 'managedIdentity',
      authorityHost: 'https://login.microsoftonline.com',
      instanceDiscovery: true,
    });
    expect(vaults[0].verifyChallenge).toBe(true);
    expect([allowedEndpoints, warnings]).toEqual([[], []]);
    expect(caps).toEqual({ clientsPerConnectedRegistry: 50, permissionsPerScopeMap: 500 });
    expect(limits).toEqual({
      activationDeadlineSeconds: 604_800,
      retryFirstSeconds: 2,
      retryMaxSeconds: 60,
      stepDeadlineSeconds: 900,
      bindDeadlineSeconds: 1800,
      reportTimeoutSeconds: 300,
      pullCheckDeadlineSeconds: 3600,
      undoDeadlineSeconds: 1800,
      passwordReplicationSeconds: 60,
      syncDeadlineSeconds: 604_800,
      overlapSeconds: 259_200,
      agentRefreshSeconds: 21_600,
      rotationRetrySeconds: 21_600,
    });
  });

  test('splits lists, and removes the slash at the end of an address', () => {
    const { registries, reportKeys, allowedEndpoints, vaults, arm } = config({
      REGISTRIES: ` ${registry('first1')} , ${registry('second2')},`,
      REPORT_KEYS: `${key('new')}, ${key('old', 64)}`,
      ALLOWED_ENDPOINTS: 'Edge:8000, gateway.example',
      KEY_VAULT_URL: 'https://edge.vault.azure.net/',
      ARM_ENDPOINT: 'https://localhost:7443/',
    });
    expect(registries.map((id) => id.name)).toEqual(['first1', 'second2']);
    expect(registries[0].resourceGroup).toBe('edge');
    expect([reportKeys.signing.id, reportKeys.all.map((item) => item.id)]).toEqual(['new', ['new', 'old']]);
    expect(allowedEndpoints).toEqual(['edge:8000', 'gateway.example']);
    expect(vaults[0].url).toBe('https://edge.vault.azure.net');
    expect(arm).toMatchObject({ endpoint: 'https://localhost:7443', audience: 'https://localhost:7443' });
  });

  test('finds a registry in any case, and no other', () => {
    expect(findRegistry(config(), 'MYREGISTRY')?.name).toBe('myregistry');
    expect(findRegistry(config(), 'other')).toBeUndefined();
  });

  test('warns of an unverified vault outside Azure', () => {
    const { warnings, vaults } = config({
      KEY_VAULT_URL: 'https://localhost:7443',
      KEY_VAULT_VERIFY_CHALLENGE: 'false',
    });
    expect(vaults[0].verifyChallenge).toBe(false);
    expect(warnings.join()).toContain('KEY_VAULT_VERIFY_CHALLENGE');
  });
});
