import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import { PULL_CHECK_REQUESTED, pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { SigningDevice } from '../../../shared/signingDevice.js';
import { onboardingOf } from '../../harness/appClient.js';
import { findPasswords } from '../../harness/passwordSearch.js';
import { ofRing } from '../../harness/ring.js';
import { startTestStack, type TestStack } from '../../harness/testStack.js';
import { JoinedDevice, loginIn } from '../joinedDevice.js';
import { devices, Joiner } from '../joiner.js';
import { HostKiller, type HostStep } from './hostKiller.js';

/*
 * The app with its host, killed before each step of what a device's request makes it do. The device knows nothing of it: it
 * repeats its request, and gets what it would have got. In the default ring one step of each kind, in the long ring each.
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
/** What must be in no file. */
const secrets: string[] = [];
beforeAll(async () => {
  it = await startTestStack({
    device: false,
    settings: { ...killer.settings, PROFILES, PULL_CHECK_DEADLINE_SECONDS: '3600', REPORTS_PER_MINUTE: '100000' },
  });
  joiner = new Joiner(it);
});
afterAll(async () => {
  await it.dispose();
  killer.close();
});

type Answer = NonNullable<Awaited<ReturnType<Joiner['redeem']>>>;

/** Asks until there is an answer: while the host is away there is none. */
async function untilAnswered(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    // What the app could not confirm is asked for again, as a device does.
    if (answer && answer.status < 500) return answer;
    await sleep(50);
  }
}

/** As {@link untilAnswered}, for what throws without an answer. */
async function untilDone<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      // `fetch failed`, or an answer that was cut off.
      if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
      await sleep(50);
    }
  }
}

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

/** Kinds of steps of what changes a record, and of what reads one and the vault. */
const [CHANGES, READS] = [
  ['request', 'write', 'sync', 'synced', 'answer'],
  ['request', 'call', 'called', 'answer'],
];

/** One piece of work of the host, with a device of its own or what it has asked for before. */
interface Trial {
  readonly work: () => Promise<unknown>;
  /** What is true afterwards, whether the host was killed or not. */
  readonly check: () => Promise<void>;
}

type Choice = (steps: readonly HostStep[]) => readonly HostStep[];
const firstOfEach: Choice = (steps) => steps.filter(({ nth }) => nth === 1);
const lastOfEach: Choice = (steps) =>
  steps.filter(({ kind }, at) => !steps.slice(at + 1).some((later) => later.kind === kind));

/**
 * Has the host killed at the steps of one kind of work, in the long ring at all.
 * @param trialOf makes a trial, from its number
 * @param few chooses the steps in the default ring
 * @returns the kinds of the steps at which it was killed
 */
async function killAtEach(
  kinds: readonly string[],
  trialOf: (nth: number) => Promise<Trial>,
  few: Choice = firstOfEach,
): Promise<Set<string>> {
  const first = await trialOf(0);
  const steps = (await killer.record(first.work)).filter(({ kind }) => kinds.includes(kind));
  await first.check();
  const chosen = ofRing({ default: few(steps), long: steps });
  const killedAt = new Set<string>();
  for (const [at, step] of chosen.entries()) {
    const { work, check } = await trialOf(at + 1);
    if (await killer.kill(step, it, work)) killedAt.add(step.kind);
    await check();
  }
  return killedAt;
}

test(
  'a host that is killed at any step of a redemption has let in the device that repeats it, and no other',
  { tags: 'local-host' },
  async () => {
    const killedAt = await killAtEach(CHANGES, async (nth) => {
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
    const killedAt = await killAtEach(
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
    const killedAt = await killAtEach(CHANGES, async (nth) => {
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

    const killedAt = await killAtEach(READS, async () => {
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
