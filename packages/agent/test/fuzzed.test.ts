import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDesired } from '../src/channels/iotHub/desired.js';
import { parseConnectionString } from '../src/channels/iotHub/hubIdentity.js';
import { parseTopic } from '../src/channels/iotHub/topics.js';
import { parseDelivery, parseEvent, parseSignal } from '../src/channels/events.js';
import { withCredentials } from '../src/consumers/auths.js';
import { ConsumerFailure } from '../src/consumers/consumer.js';
import { parseLedger, withDelivery } from '../src/consumers/ledger.js';
import { JoinFolderFailure, type JoinFolder } from '../src/joined/folder/joinFolder.js';
import { refusalOf } from '../src/joined/joinFailures.js';
import { readMembership, type Membership } from '../src/joined/membership.js';
import { retryAfter } from '../src/pauses.js';
import { PullFailure } from '../src/pullFailure.js';
import { parseChallenges } from '../src/registry/challenge.js';
import { parseImage } from '../src/registry/imageReference.js';
import { parseManifest } from '../src/registry/manifest.js';
import { parseDockerConfig } from '../src/secrets/dockerConfig.js';
import { BadSettings } from '../src/settings/badSettings.js';
import { VARIABLES, readCommand } from '../src/settings/command.js';
import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  authorizeReport,
  isReportMac,
  readReportMac,
  reportPath,
} from '@connected-registry/protocol/messages/reportMac';
import { cloudEvent, gridEvent, promotion, request } from './under-test/agentUnderTest.js';

/** Looks at 3,000 cases, others in each run: the first that throws or is false, or undefined. */
function caseAgainst<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): unknown {
  const { failed, counterexample, errorInstance } = fc.check(property, { numRuns: 3_000 });
  return failed ? { counterexample, errorInstance } : undefined;
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** Values of every form, unlikely keys such as `__proto__` among them. */
const anything = fc.oneof(fc.jsonValue(), fc.anything({ withDate: true, withMap: true, withNullPrototype: true }));
const ACKNOWLEDGEABLE = promotion({ keyId: 'k1', reportKey: 'key', expiresAt: '2030-01-01T00:00:00Z' });

/** A true message with one or two of its fields replaced by something else. */
function damaged(message: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const change = fc.record({ field: fc.constantFrom(...Object.keys(message), '__proto__', 'extra'), value: anything });
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    const copy = structuredClone(message);
    for (const { field, value } of changes) {
      Object.defineProperty(copy, field, { value, enumerable: true, configurable: true, writable: true });
    }
    return copy;
  });
}

test('no event crashes the agent, and accepted values fit a URL, a header and a secret name', () => {
  const event = fc.oneof(
    damaged(request({ traceparent: TRACE })).map((data) => ({ type: PULL_CHECK_REQUESTED, data: data as unknown })),
    damaged(ACKNOWLEDGEABLE).map((data) => ({ type: CREDENTIAL_PROMOTED, data: data as unknown })),
    fc.record({ type: fc.constantFrom(PULL_CHECK_REQUESTED, CREDENTIAL_PROMOTED), data: anything }),
  );
  let taken = 0;

  expect(
    caseAgainst(
      fc.property(event, (given) => {
        const signal = parseSignal(given);
        if (!signal || 'problem' in signal) return true;
        taken += 1;
        const { operation, secret, keyId = 'none', reportKey = 'none', expiresAt = 'none' } = signal.data;
        const { traceparent = TRACE } = 'image' in signal.data ? signal.data : {};
        const path = reportPath({ operation, attempt: 1 });
        const authorization = authorizeReport({ keyId, reportKey, expiresAt }, { path, body: '{}' });
        const header = readReportMac(new Headers({ authorization }).get('authorization'));
        return (
          encodeURIComponent(operation) === operation &&
          !operation.startsWith('.') &&
          header?.keyId === keyId &&
          header.expiresAt === expiresAt &&
          isReportMac(header, reportKey, path) &&
          secret.name.length <= 127 &&
          new Headers({ traceparent }).get('traceparent') === traceparent
        );
      }),
    ),
  ).toBeUndefined();
  expect(taken).toBeGreaterThan(100);
});

test('no delivery crashes the agent', () => {
  const delivery = fc.oneof(
    fc.string(),
    fc.json(),
    damaged(cloudEvent(request())).map(asText),
    damaged(gridEvent(request())).map(asText),
    fc.array(damaged(cloudEvent(request())), { maxLength: 3 }).map(asText),
  );
  expect(
    caseAgainst(
      fc.property(delivery, (body) => {
        for (const received of parseDelivery(body) ?? []) parseSignal(received);
      }),
    ),
  ).toBeUndefined();
});

test('no polled message crashes the agent', () => {
  expect(
    caseAgainst(
      fc.property(fc.oneof(anything, damaged(cloudEvent(request()))), (message) => {
        const received = parseEvent(message);
        if (received) parseSignal(received);
      }),
    ),
  ).toBeUndefined();
});

test('no twin and no sequence of changes crashes the agent or changes a prototype', () => {
  const section = fc.dictionary(fc.string(), fc.jsonValue());
  const check = fc.record({ connectedRegistry: fc.record({ pullCheck: anything, promoted: anything }) });
  const whole = fc.oneof(
    anything,
    fc.record({
      desired: fc.tuple(fc.oneof(section, check), fc.nat(5)).map(([values, $version]) => ({ ...values, $version })),
      reported: anything,
    }),
  );
  const polluting = fc.constant(JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}') as unknown);
  const change = fc.tuple(fc.oneof(anything, section, check, polluting), fc.nat(8));

  expect(
    caseAgainst(
      fc.property(whole, fc.array(change, { maxLength: 5 }), (first, changes) => {
        const desired = createDesired();
        desired.whole(first);
        for (const [value, version] of changes) desired.changed(value, version);
        for (const received of desired.events()) parseSignal(received);
        desired.reportedCheck();
        return !('polluted' in {});
      }),
    ),
  ).toBeUndefined();
});

test('no topic and no connection string crashes the agent', () => {
  const kinds = fc.constantFrom('methods/POST/', 'twin/res/', 'twin/PATCH/properties/desired/');
  const topic = fc.oneof(
    fc.string(),
    fc.tuple(kinds, fc.string(), fc.string()).map(([kind, name, query]) => `$iothub/${kind}${name}/?$rid=${query}`),
  );

  expect(
    caseAgainst(
      fc.property(topic, (text) => {
        const message = parseTopic(text);
        return message?.kind !== 'method' || !/[/#+&]/.test(message.request);
      }),
    ),
  ).toBeUndefined();

  const names = fc.constantFrom('HostName', 'DeviceId', 'SharedAccessKey', 'x509', 'GatewayHostName');
  const connectionString = fc
    .array(fc.tuple(names, fc.string()))
    .map((all) => all.map((one) => one.join('=')).join(';'));

  expect(
    caseAgainst(
      fc.property(fc.oneof(fc.string(), connectionString), (text) => {
        const parsed = parseConnectionString(text);
        return !parsed || new URL(`mqtts://${parsed.gatewayHostName ?? parsed.hostName}:8883`).pathname === '';
      }),
    ),
  ).toBeUndefined();
});

test('no secret crashes the agent, and an accepted one names nothing but a host', () => {
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(fc.oneof(fc.string(), fc.webUrl(), fc.domain()), fc.oneof(fc.base64String(), fc.string()))
      .map(([endpoint, auth]) => JSON.stringify({ auths: { [endpoint]: { auth } } })),
  );
  expect(
    caseAgainst(
      fc.property(value, (text) => {
        const found = outcomeOf(() => parseDockerConfig(text));
        if (found instanceof Error) return found instanceof PullFailure;
        const { pathname, username, search, hash } = new URL(`https://${found.endpoint}/`);
        return `${pathname}${username}${search}${hash}` === '/';
      }),
    ),
  ).toBeUndefined();
});

test('no consumer’s file crashes the agent, and its content except the entry is kept', () => {
  const credentials = { endpoint: 'edge:8000', username: 'u', password: 'p' };
  const file = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ auths: fc.dictionary(fc.string(), fc.jsonValue()), more: fc.jsonValue(), credsStore: fc.constant('') })
      .map(asText),
  );

  expect(
    caseAgainst(
      fc.property(file, (text) => {
        const changed = outcomeOf(() => withCredentials(text, credentials));
        if (changed instanceof Error) return changed instanceof ConsumerFailure;
        if (changed === undefined) return true;
        const before = (text.trim() === '' ? {} : JSON.parse(text)) as { auths?: Record<string, unknown> };
        const entry = { auth: Buffer.from('u:p').toString('base64') };
        const wanted = { ...before, auths: { ...before.auths, 'edge:8000': entry } };
        return (
          JSON.stringify(JSON.parse(changed)) === JSON.stringify(wanted) &&
          withCredentials(changed, credentials) === undefined
        );
      }),
    ),
  ).toBeUndefined();
});

test('no ledger crashes the agent, and it has one secret for each endpoint', () => {
  const credentials = { endpoint: 'edge:8000', username: 'u', password: 'p' };
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.string(), fc.constantFrom('edge:8000', 'other')).map(asText),
  );

  expect(
    caseAgainst(
      fc.property(text, fc.string({ minLength: 1 }), fc.boolean(), (given, secret, takeOver) => {
        const ledger = withDelivery(parseLedger(given), { secret, credentials, takeOver });
        return !ledger || Object.values(ledger).filter((endpoint) => endpoint === 'edge:8000').length === 1;
      }),
    ),
  ).toBeUndefined();
});

test('no challenge, image, manifest or Retry-After crashes the agent', () => {
  expect(
    caseAgainst(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.date({ noInvalidDate: true }), (text, now) => {
        parseChallenges(text);
        const parsed = [() => parseImage(text), () => parseManifest(Buffer.from(text))].map((parse) =>
          outcomeOf<unknown>(parse),
        );
        return (
          parsed.every((found) => !(found instanceof Error) || found instanceof PullFailure) &&
          (retryAfter(text, now) ?? 0) >= 0
        );
      }),
    ),
  ).toBeUndefined();
});

test('no settings and no command line crash the agent, and what is accepted is consistent', () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('joined', 'poll', 'webhook', 'iotHub', 'https://a.example', '/folder', '1', '25', 'true', 'a/b/c'),
  );
  const env = fc.dictionary(fc.constantFrom(...VARIABLES), value, { maxKeys: 5 });
  const word = fc.oneof(
    fc.constantFrom('join', '--once', '--again', '--channel', '--token-file', '--url', '--folder', '--key-type'),
    fc.constantFrom('joined', 'p256', 'https://app.example', 'http://localhost:1', '/folder', '-'),
    fc.string(),
  );
  // Settings that are enough with one channel, so that many cases are accepted.
  const enough = fc.constantFrom<Record<string, string>>(
    { CHANNEL: 'joined' },
    { KEY_VAULT_URL: 'https://vault.example', REPORT_URL: 'https://app.example' },
    {},
  );
  const args = fc.oneof(
    fc.array(word, { maxLength: 6 }),
    fc
      .array(fc.constantFrom(['--again'], ['--key-type', 'ed25519'], ['--folder', '/folder'], ['--folder', 'x']))
      .map((more) => ['join', '--token-file', '/token', '--url', 'https://app.example', ...more.flat()]),
    fc.constant<string[]>([]),
  );
  const accepted = new Map<string, number>();

  expect(
    caseAgainst(
      fc.property(args, env, enough, (given, variables, base) => {
        const command = outcomeOf(() => readCommand(given, { ...base, ...variables }));
        if (command instanceof Error) return command instanceof BadSettings && command.message !== '';
        accepted.set(command.kind, (accepted.get(command.kind) ?? 0) + 1);
        if (command.kind === 'join') {
          const { url, folder, tokenFile } = command.join;
          return new URL(url).origin === url && folder.startsWith('/') && tokenFile !== '';
        }
        if (command.kind !== 'serve') return true;
        const { channel, check, reportUrl } = command.service;
        const isJoined = channel.kind === 'joined';
        return isJoined === (check.secrets.kind === 'joined') && isJoined === (reportUrl === undefined);
      }),
    ),
  ).toBeUndefined();
  for (const kind of ['join', 'serve']) expect(accepted.get(kind) ?? 0).toBeGreaterThan(50);
});

test('no membership and no answer of a join crashes the agent', async () => {
  const keys = { thumbprint: 'A'.repeat(43), keysSince: '2030-01-01T00:00:00Z', pass: 'p' };
  const joinedWith = { token: 'B'.repeat(43), thumbprint: 'A'.repeat(43) };
  const names = { registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'device-1' };
  const whole = { url: 'https://app.example', ...names, ...keys, joinedWith };
  const text = fc.oneof(fc.string(), fc.json(), damaged(whole).map(asText));
  const { failed, counterexample, errorInstance } = await fc.check(
    fc.asyncProperty(text, async (found) => {
      const folder = { path: '/folder', read: () => Promise.resolve(found) } as unknown as JoinFolder;
      const read = await readMembership(folder).catch((error: unknown) => error);
      if (read instanceof JoinFolderFailure) return !read.message.includes(found) || found.length < 3;
      return (read as Membership).client.length > 0 && refusalOf(403, found) !== undefined;
    }),
    { numRuns: 1_000 },
  );
  expect(failed ? { counterexample, errorInstance } : undefined).toBeUndefined();
});

function outcomeOf<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function asText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)) ?? '';
}
