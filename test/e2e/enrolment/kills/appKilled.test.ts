import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
  type CredentialPromoted,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  acknowledgementPath,
  reportPath,
  type ReportCredential,
} from '@connected-registry/protocol/messages/reportMac';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { SigningDevice } from '../../../shared/signingDevice.js';
import { onboardingOf } from '../../harness/appClient.js';
import { PATIENCE } from '../../harness/hostUnderTest.js';
import { findPasswords } from '../../harness/passwordSearch.js';
import { ofRing } from '../../harness/ring.js';
import { PULLED, reportOf } from '../../harness/testDevice.js';
import { startTestStack, type TestStack } from '../../harness/testStack.js';
import { JoinedDevice, loginIn } from '../joinedDevice.js';
import { devices, Joiner } from '../joiner.js';
import { joinAs } from '../sealedRun.js';
import { HostKiller } from './hostKiller.js';
import { CHANGES, HostTrials, lastOfEach, READS, untilAnswered, untilDone, type Choice } from './hostTrials.js';

/*
 * The app with its host, killed before each step of what a device's request makes it do. The device knows nothing of
 * it: it repeats its request, and gets what it would have got. In the default ring one step of each kind, in the long
 * ring each.
 */

/** Has devices onboarded as they join. */
const PROFILES = JSON.stringify([
  {
    name: 'at-once',
    match: { device: 'at-once-*' },
    connectedRegistry: 'myconnectedregistry',
    repositories: ['hello-world'],
    onJoin: 'onboard',
  },
]);

const killer = new HostKiller();
let it: TestStack;
let joiner: Joiner;
let trials: HostTrials;
/** What must be in no file. */
const secrets: string[] = [];
beforeAll(async () => {
  it = await startTestStack({
    device: false,
    settings: { ...killer.settings, PROFILES, PULL_CHECK_DEADLINE_SECONDS: '3600', REPORTS_PER_MINUTE: '100000' },
  });
  joiner = new Joiner(it);
  trials = new HostTrials(killer, it);
});
afterAll(async () => {
  await it.dispose();
  killer.close();
});

type Answer = NonNullable<Awaited<ReturnType<Joiner['redeem']>>>;

function admissionIn(answer: Answer | undefined): Admission {
  if (!answer?.joined) throw new Error(`The device has not joined: ${answer?.code}`);
  secrets.push(answer.joined.pass, answer.joined.channelKey);
  return answer.joined;
}

async function pair(): Promise<[SigningDevice, SigningDevice]> {
  const [one, other] = await devices(2);
  if (!one || !other) throw new Error('There are two devices.');
  return [one, other];
}

const operations = z.object({
  operations: z.array(z.object({ id: z.string(), kind: z.string(), actor: z.string() })),
});

const keyOf = (client: string) => clientKey({ registry: it.stack.endpoints.azure.registry, ...joiner.named(client) });

const thumbprintIn = async (client: string) => {
  const { text } = await it.app.get(`clients/${keyOf(client)}`);
  return /"thumbprint": ?"([^"]+)"/.exec(text)?.[1];
};

const stateOf = async (device: SigningDevice, admission: Admission) => {
  const { status, code } = await new JoinedDevice(it, device, admission).get(`${DEVICE_MESSAGES_PATH}?wait=0`);
  return code ?? status;
};

test(
  'a host that is killed at any step of a redemption has let in the device that repeats it, and no other',
  { tags: 'local-host' },
  async () => {
    const killedAt = await trials.killAtEach(CHANGES, async (nth) => {
      const client = `redeemed-${nth}`;
      const token = await joiner.token(client);
      secrets.push(token, token.split('.').at(-1) ?? '');
      const [device, other] = await pair();
      let answer: Answer | undefined;
      return {
        work: async () => (answer = await untilAnswered(() => joiner.redeem(device, token))),
        check: async () => {
          expect(answer).toMatchObject({ status: 200, joined: { client, thumbprint: device.thumbprint } });
          expect(await joiner.redeem(device, token)).toEqual(answer);
          expect(await joiner.redeem(other, token)).toMatchObject({ status: 403, code: 'join-token-used' });
          expect(await thumbprintIn(client)).toBe(device.thumbprint);
          expect(await stateOf(device, admissionIn(answer))).toBe(204);
        },
      };
    });
    expect(killedAt).toEqual(new Set(CHANGES));
  },
);

test(
  'a host that is killed at any step of a redemption that starts an onboarding has started one, and no other',
  { tags: 'local-host' },
  async () => {
    const killedAt = await trials.killAtEach(
      CHANGES,
      async (nth) => {
        const client = `at-once-${nth}`;
        const token = await joiner.token(client);
        const [device] = await pair();
        let answer: Answer | undefined;
        return {
          work: async () => (answer = await untilAnswered(() => joiner.redeem(device, token))),
          check: async () => {
            expect(answer).toMatchObject({ status: 200, joined: { client } });
            expect(await joiner.redeem(device, token)).toEqual(answer);
            const { body } = await it.app.get(`clients/${keyOf(client)}/operations`);
            const started = operations.parse(body).operations;
            expect(started).toMatchObject([{ kind: 'onboard', actor: 'join' }]);
            const id = started[0]?.id ?? '';
            await it.app.post({}, `operations/${id}/cancel`);
            await it.app.end(id);
          },
        };
      },
      lastOfEach,
    );
    expect(killedAt).toEqual(new Set(CHANGES));
  },
);

test(
  'a host that is killed at any step of a renewal has the next keys once the device repeats it, and only these',
  { tags: 'local-host' },
  async () => {
    const killedAt = await trials.killAtEach(CHANGES, async (nth) => {
      const client = `renewed-${nth}`;
      const [device, next] = await pair();
      const before = admissionIn(await joiner.redeem(device, await joiner.token(client)));
      let answer: Answer | undefined;
      return {
        work: async () => (answer = await untilAnswered(() => joiner.renew(device, next, before))),
        check: async () => {
          expect(answer).toMatchObject({ status: 200, joined: { client, thumbprint: next.thumbprint } });
          expect(await joiner.renew(device, next, before)).toEqual(answer);
          expect(await thumbprintIn(client)).toBe(next.thumbprint);
          expect(await stateOf(device, before)).toBe('device-key-ended');
          expect(await stateOf(next, admissionIn(answer))).toBe(204);
        },
      };
    });
    expect(killedAt).toEqual(new Set(CHANGES));
  },
);

test(
  'a host that is killed at any step gives messages and secrets to the device that asks again',
  { tags: 'local-host' },
  async () => {
    const client = 'asks-again';
    const [device] = await pair();
    const joined = new JoinedDevice(it, device, admissionIn(await joiner.redeem(device, await joiner.token(client))));
    const operation = await it.app.start(onboardingOf(client));
    const asks = async () => pullCheckRequested.parse((await joined.message(PULL_CHECK_REQUESTED)).data).secret;
    const secret = await asks();
    const candidate = await joined.secret(secret);

    const killedAt = await trials.killAtEach(READS, async () => {
      let found: unknown;
      return Promise.resolve({
        work: async () => {
          const name = await untilDone(asks);
          found = [name, await untilDone(() => joined.secret(name))];
        },
        check: async () => expect(await Promise.resolve(found)).toEqual([secret, candidate]),
      });
    });
    expect(killedAt).toEqual(new Set(READS));
    expect(await findPasswords(it, [], [loginIn(candidate.value)])).toMatchObject({ found: [], inVaultStore: true });
    await it.app.post({}, `operations/${operation}/cancel`);
    await it.app.end(operation);
  },
);

/** Sends a report or an acknowledgement until it is answered, always the same. @returns the answer's status */
async function sent(device: JoinedDevice, path: string, key: ReportCredential, content: object): Promise<number> {
  const { status } = await untilAnswered(() =>
    untilDone(async () => ({ status: await device.answer(path, key, content) })),
  );
  return status;
}

/** A client whose device has pulled, and what was promoted. */
interface Promoted {
  readonly device: JoinedDevice;
  readonly promotion: CredentialPromoted;
}

/** Steps of a report or an acknowledgement in the default ring: it is half written, or stored and not answered. */
const [TORN, UNANSWERED] = ['write', 'answer'];
const tornOrUnanswered: Choice = (steps) =>
  steps.filter(({ kind, nth }) => nth === 1 && [TORN, UNANSWERED].includes(kind));
const KINDS = ofRing({ default: [TORN, UNANSWERED], long: CHANGES });

test(
  'a host that is killed at any step of a report or an acknowledgement has accepted it once the device repeats it',
  { tags: 'local-host' },
  async () => {
    const promoted: Promoted[] = [];
    const reported = async (nth: number) => {
      const client = `reports-${nth}`;
      const device = await joinAs(it, joiner, client);
      const operation = await it.app.start(onboardingOf(client));
      const request = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
      const content = reportOf(request, 'pulled', PULLED);
      let status: number | undefined;
      return {
        work: async () => (status = await sent(device, reportPath(request), request, content)),
        check: async () => {
          expect(status).toBeOneOf([200, 202]);
          expect(await it.app.end(operation)).toMatchObject({ status: 'completed', result: { pull: PULLED } });
          const message = await device.message(CREDENTIAL_PROMOTED);
          promoted.push({ device, promotion: credentialPromoted.parse(message.data) });
        },
      };
    };
    expect(await trials.killAtEach(CHANGES, reported, tornOrUnanswered)).toEqual(new Set(KINDS));

    const acknowledged = async (nth: number) => {
      if (promoted.length === 0) {
        const { work, check } = await reported(1000 + nth);
        await work();
        await check();
      }
      const next = promoted.shift();
      if (!next) throw new Error('A client was promoted.');
      const { device, promotion } = next;
      const { secret, keyId = '', reportKey = '', expiresAt = '' } = promotion;
      const key = { keyId, reportKey, expiresAt };
      const content = { expiresAt, version: secret.version, agent: 'test/1' };
      let status: number | undefined;
      return {
        work: async () => (status = await sent(device, acknowledgementPath(promotion), key, content)),
        check: async () => {
          expect(status).toBeOneOf([200, 202]);
          // A device is sent a promotion until it has acknowledged it.
          const asks = async () => (await device.get(`${DEVICE_MESSAGES_PATH}?wait=0`)).status;
          await expect.poll(asks, { timeout: PATIENCE * 1000, interval: 1000 }).toBe(204);
        },
      };
    };
    expect(await trials.killAtEach(CHANGES, acknowledged, tornOrUnanswered)).toEqual(new Set(KINDS));
  },
);

test('no join token, pass or channel key is in what the killed hosts have left', { tags: 'local-host' }, async () => {
  const token = await joiner.token('searched');
  const hash = createHash('sha256').update(token).digest('base64url');
  const { dataFolder } = it.stack.ground;
  const files = readdirSync(dataFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  expect(secrets.length).toBeGreaterThan(20);
  expect(secrets.filter((text) => files.some((content) => content.includes(text)))).toEqual([]);
  // The search finds what is there.
  expect(files.some((content) => content.includes(hash))).toBe(true);
});
