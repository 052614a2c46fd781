import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cancelEventName } from '../../../src/domain/operations/cancelEvent.js';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import type { OperationOutcome, OperationResult } from '../../../src/domain/operations/operation.js';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { rotate } from '../../../src/orchestrations/rotate.js';
import { ofRing } from '../../e2e/harness/ring.js';
import { offboardIn, revokeIn } from '../fakes/clients/clients.js';
import type { Call } from '../fakes/durable/durableContext.js';
import { createFlowWorld, type FlowWorld } from '../fakes/worlds/flowWorld.js';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { PULL } from '../fakes/answers/orders.js';
import { CONNECTED_REGISTRY } from '../fakes/answers/requests.js';
import { rotationRun, syncing } from '../fakes/worlds/rotateWorld.js';
import { runFlow, type Script } from '../fakes/worlds/runFlow.js';
import { candidate, isGone, main, token } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

// What the engine does when its process dies (docs/decisions/0039-late-activities.md): it calls an activity again,
// minutes later; and it calls one that it then knows nothing of, since the turn that has made the call is lost.

let world: World;
let flows: FlowWorld;
beforeEach(() => {
  vi.useFakeTimers();
  begin();
});
afterEach(() => vi.useRealTimers());

function begin(): void {
  vi.setSystemTime(new Date('2026-03-01T12:00:00Z'));
  world = createWorld();
  flows = createFlowWorld(world);
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const newRun = () => newRunId(new Date(), Buffer.alloc(4));
const works = () =>
  world.controlPlane.accepts(token, world.vault.passwordIn(main) ?? '-') &&
  world.controlPlane.clientsOf(CONNECTED_REGISTRY).includes(token);
const call = async ({ name, input }: Pick<Call, 'name' | 'input'>) =>
  (world.activities as Readonly<Record<string, (given: never) => Promise<unknown>>>)[name]?.(input as never);

type Device = (attempt: number) => PullCheckReport | undefined;
type Play = (script?: Script) => Promise<{ readonly outcome: OperationOutcome<OperationResult> }>;

const OTHER_RIGHTS = { repositories: ['samples/a'] };
const pulls: Device = () => report();
const pullsOther: Device = () => report({ image: 'samples/a:latest' });
const fails: Device = () => report({ outcome: 'digest-mismatch' });

const onboarding =
  (request: Readonly<Record<string, unknown>> = {}, device: Device = pulls): Play =>
  (script = {}) => {
    let attempt = 0;
    const answer = () => device((attempt += 1));
    const requestedAt = new Date().toISOString();
    return onboardIn(world, { flows, run: newRun(), requestedAt, request, device: answer, ...script });
  };

const rotation =
  (urgent: boolean, device: Device = pulls): Play =>
  (script = {}) =>
    runFlow({
      world: flows,
      flow: rotate,
      input: rotationRun({ urgent, run: newRun() }),
      script: syncing(world, { device, ...script }),
    });

const offboarding: Play = (script) => offboardIn(flows, { run: newRun(), ...script });
const revocation: Play = (script) => revokeIn(flows, { run: newRun(), ...script });

/** What came before, what is played, and how it ends. */
type Repetition = readonly [first: readonly Play[], play: Play, ends: string];
const REPETITIONS: Readonly<Record<string, Repetition>> = {
  'an onboarding': [[], onboarding(), 'completed'],
  'one with other rights': [[onboarding()], onboarding(OTHER_RIGHTS, pullsOther), 'completed'],
  'one that fails': [[], onboarding({}, fails), 'rolledBack'],
  'one with other rights that fails': [[onboarding()], onboarding(OTHER_RIGHTS, fails), 'rolledBack'],
  'one that clears a revocation': [[onboarding(), revocation], onboarding(), 'completed'],
  'a rotation': [[onboarding()], rotation(false), 'completed'],
  'a rotation that fails': [[onboarding()], rotation(false, fails), 'rolledBack'],
  'an urgent rotation': [[onboarding()], rotation(true), 'completed'],
  'an offboarding': [[onboarding()], offboarding, 'completed'],
};

const FOLLOWERS: readonly (readonly [string, Play])[] = [
  ['an onboarding', onboarding()],
  ['an onboarding with other rights', onboarding(OTHER_RIGHTS, pullsOther)],
  ['a rotation', rotation(false)],
  ['an urgent rotation', rotation(true)],
];

async function prepare(first: readonly Play[]): Promise<void> {
  begin();
  for (const play of first) {
    await play();
    pass(3600);
  }
}

/** Plays a flow, and notes its calls of activities in their order. */
async function noting(play: Play, onCall: (calls: readonly Call[]) => Promise<unknown> = async () => undefined) {
  const calls: Call[] = [];
  const { outcome } = await play({
    after: async (_, made) => {
      if (made.kind !== 'activity') return;
      calls.push(made);
      await onCall(calls);
    },
  });
  return { calls, outcome };
}

/** As it should have ended; an undo that finds its work undone again says so. */
function endsAs({ status, failure }: OperationOutcome<OperationResult>, ends: string): boolean {
  return status === ends || (ends === 'rolledBack' && status === 'failed' && (failure?.residue.length ?? 0) > 0);
}

/** Calls after which one comes again: in the default ring one of four after it, and the last. */
function placesFrom(again: number, count: number): number[] {
  const step = ofRing({ default: 4, long: 1 });
  const later = Array.from({ length: count - again }, (_, after) => again + after);
  return later.filter((at) => (at - again) % step === 0 || at === count - 1);
}

describe.each(Object.entries(REPETITIONS))('each activity of %s', (_, [first, play, ends]) => {
  test('may be repeated after any later activity of its run', async () => {
    await prepare(first);
    const { calls, outcome } = await noting(play);
    expect(outcome.status).toBe(ends);

    const state = works();
    const faults: string[] = [];
    for (const [again, { name }] of calls.entries())
      for (const at of placesFrom(again, calls.length)) {
        await prepare(first);
        const late = await noting(play, async (made) => {
          const repeated = made[again];
          if (made.length - 1 === at && repeated) await call(repeated);
        });
        if (!endsAs(late.outcome, ends) || works() !== state)
          faults.push(`${name} after ${calls[at]?.name}: ${late.outcome.status}, works: ${works()}`);
      }

    expect(faults).toEqual([]);
  });

  test.each(FOLLOWERS)('may be repeated after %s that followed', async (_follower, next) => {
    await prepare(first);
    const { calls } = await noting(play);
    const faults: string[] = [];

    for (const [again, { name }] of calls.entries()) {
      await prepare(first);
      const { calls: made } = await noting(play);
      pass(60);
      await next();
      const state = works() && world.controlPlane.token(token).scopeMap;
      const late = made[again];
      if (late) await call(late);
      if ((works() && world.controlPlane.token(token).scopeMap) !== state) faults.push(name);
    }

    expect(faults).toEqual([]);
  });
});

test('the token of a stolen device stays disabled, whichever earlier activity of the onboarding is repeated', async () => {
  await prepare([onboarding(), revocation]);
  const { calls } = await noting(onboarding());
  pass(60);
  await revocation();
  for (const late of calls) {
    await call(late);
    expect([late.name, world.controlPlane.token(token).isEnabled]).toEqual([late.name, false]);
  }
});

/**
 * A promotion right after the device's first report, of which the run knows nothing: its turn, and the report, are
 * lost.
 */
function unseenPromotion(
  play: (device: Device) => Play,
  more: Script = {},
): Promise<{ readonly outcome: OperationOutcome<OperationResult> }> {
  let issued: { readonly credential: object; readonly order: object } | undefined;
  const unreadable: Device = (attempt) => (attempt === 1 ? undefined : report({ outcome: 'secret-unavailable' }));
  return play(unreadable)({
    before: more.before ?? (() => undefined),
    after: async (name, made, context) => {
      if (name === 'issueCredentials') {
        const { version = '' } = world.vault.versionsOf(candidate).at(-1) ?? {};
        const { slots } = world.controlPlane.token(token);
        const { slot } = made.input as { readonly slot: 'password1' | 'password2' };
        const credential = {
          ...(made.input as object),
          name: candidate,
          version,
          slotCreatedAt: slots[slot]?.createdAt,
        };
        issued = { credential, order: made.input as object };
      }
      if (name === 'requestPullCheck' && (made.input as { attempt: number }).attempt === 1)
        await call({ name: 'promote', input: { ...issued?.order, credential: issued?.credential, pull: PULL } });
      await more.after?.(name, made, context);
    },
  });
}

describe('a promotion that its run did not record', () => {
  test.each<[string, readonly Play[], (device: Device) => Play]>([
    ['an onboarding', [], (device) => onboarding({}, device)],
    ['a rotation', [onboarding()], (device) => rotation(false, device)],
    ['an urgent rotation', [onboarding()], (device) => rotation(true, device)],
  ])('is found by %s, which continues with the same password', async (_, first, play) => {
    await prepare(first);
    let promoted: string | undefined;

    const { outcome } = await unseenPromotion(play, {
      after: (name) => {
        if (name === 'checkCredential') promoted = world.vault.passwordIn(main);
      },
    });

    expect(outcome).toMatchObject({ status: 'completed', result: { pull: { digest: PULL.digest } } });
    expect([works(), promoted !== undefined, world.vault.passwordIn(main)]).toEqual([true, true, promoted]);
  });

  test.each<[string, readonly Play[], (device: Device) => Play, () => boolean]>([
    ['an onboarding', [], (device) => onboarding({}, device), () => isGone(world)],
    ['a rotation', [onboarding()], (device) => rotation(false, device), works],
    ['an urgent rotation', [onboarding()], (device) => rotation(true, device), works],
  ])(
    'is undone with %s that is cancelled then, or stays if it is the only working credential',
    async (_, first, play, isWell) => {
      await prepare(first);
      const { outcome } = await unseenPromotion(play, {
        after: (name, made, context) => {
          const { attempt, run } = made.input as { readonly attempt: number; readonly run: string };
          if (name === 'requestPullCheck' && attempt === 2) context.raiseIn(0, cancelEventName(run), { actor: 'Ada' });
        },
      });

      expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled', residue: [] } });
      expect(isWell()).toBe(true);
    },
  );
});
