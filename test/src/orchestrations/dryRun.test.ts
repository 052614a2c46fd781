import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dryRunAnswer, type PlannedWrite } from '@connected-registry/protocol/answers/answers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { isCandidateSecretName } from '@connected-registry/protocol/names/names';
import { RunContext } from '../../../src/orchestrations/run/runContext.js';
import { PORT_CALLS, type PortCallAudit } from '../../../src/ports/portCalls.js';
import { postOffboardings } from '../../../src/triggers/http/routes/offboardings.js';
import { postOnboardings } from '../../../src/triggers/http/routes/onboardings.js';
import { postRevocations } from '../../../src/triggers/http/routes/revocations.js';
import { postRotations } from '../../../src/triggers/http/routes/rotations.js';
import { whileTimePasses } from '../fakes/advance.js';
import { reference } from '../fakes/answers/orders.js';
import { BODY } from '../fakes/answers/requests.js';
import { FakeDurableClient, httpRequest, seen } from '../fakes/durable/durableClient.js';
import {
  runFrom,
  startFrom,
  STARTING_STATES,
  type FlowName,
  type Start,
  type StartingState,
} from '../fakes/worlds/startingStates.js';
import { main } from '../fakes/worlds/defaultClient.js';
import { sweepIn } from '../fakes/worlds/sweepWorld.js';

/*
 * A dry run says which writes a run would make. Here each is asked for over HTTP, then the run is made from the same
 * state, and its writes, as the wire to the fake services records them, are compared with the answer. Messages to
 * devices are no writes.
 */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A write, by what its step does with which resource: `ensureToken: token.create sensor-7`. */
type Write = string;
const written = (step: string, action: string, resource: string): Write => `${step}: ${action} ${resource}`;

/** What the audit calls the writes that a dry run describes in words. */
const PLANNED: readonly (readonly [RegExp, string])[] = [
  [/^create scope map$/, 'scopeMap.create'],
  [/^restore the rights of scope map$/, 'scopeMap.restore'],
  [/^delete scope map$/, 'scopeMap.delete'],
  [/^create token$/, 'token.create'],
  [/^enable token and empty its passwords/, 'token.enable'],
  [/^move token/, 'token.move'],
  [/^disable token$/, 'token.disable'],
  [/^delete token$/, 'token.delete'],
  [/^generate password[12]/, 'password.generate'],
  [/^empty (?:password[12]|the slot of our password on token)/, 'password.clear'],
  [/^(?:add|remove) client token/, 'clientList.replace'],
  [/^disable (?:\d+ version\(s\) of |version \S+ of )?secret$/, 'secret.disable'],
  [/^delete secret$/, 'secret.delete'],
  [/^give \S+ read access to secret$/, 'roleAssignment.create'],
  [/^take read access of \S+ to secret$/, 'roleAssignment.delete'],
  [/^record the new pull check on secret$/, 'secret.tag'],
  [/^(?:record \S+ as the|replace) poller/, 'poller.set'],
];

function plannedAction({ action, resource }: PlannedWrite): string {
  // The candidate is stored, and the main secret is a copy of it.
  if (action === 'save secret') return isCandidateSecretName(resource) ? 'secret.save' : 'secret.promote';
  const found = PLANNED.find(([words]) => words.test(action));
  if (!found) throw new Error(`No write of the audit is known for "${action}".`);
  return found[1];
}

const POST: Readonly<
  Record<
    FlowName,
    (start: Start) => (request: HttpRequest, client: DurableClient, actor: string) => Promise<HttpResponseInit>
  >
> = {
  onboard: ({ world }) => postOnboardings(world.config, world.queries),
  rotate: ({ world }) => postRotations(world.config, world.queries),
  offboard: ({ world }) => postOffboardings(world.config, world.queries),
  revoke: ({ world }) => postRevocations(world.config, world.queries),
};

/** The writes that a dry run answers with. */
async function plannedWrites(flow: FlowName, start: Start, { request = {} }: StartingState): Promise<PlannedWrite[]> {
  const engine = new FakeDurableClient();
  engine.entities.set(`@client@${clientKey(reference())}`, start.flows.record);
  const { connectedRegistry, client } = BODY;
  const about = flow === 'onboard' ? BODY : { clients: [{ connectedRegistry, client }] };
  const answer = POST[flow](start)(httpRequest({ body: { ...about, ...request, dryRun: true } }), engine.client, 'ada');
  const { status, body } = seen(await whileTimePasses(answer));
  expect([status, start.world.wire.writes]).toEqual([200, []]);
  return [...dryRunAnswer.parse(body).writes];
}

/** Audited calls of the registry, of the vault and about its role assignments, by method. */
const AUDITED = new Map<string, PortCallAudit<never>>(
  Object.entries({ ...PORT_CALLS.controlPlane, ...PORT_CALLS.vaults, ...PORT_CALLS.access } as Record<
    string,
    PortCallAudit<never>
  >),
);

/** The writes that a run makes, each with the step that was running. */
async function madeWrites(start: Start, run: () => Promise<unknown>): Promise<Write[]> {
  const steps = vi.spyOn(RunContext.prototype, 'step');
  const writes: Write[] = [];
  start.world.wire.observer = (method, args) => {
    const audited = AUDITED.get(method) ?? 'not audited';
    if (audited === 'not audited') return;
    const [step = 'before any step'] = steps.mock.calls.at(-1) ?? [];
    // The audit's name of a resource begins with its registry.
    const resource =
      audited
        .resource(...(args as never))
        .split('/')
        .at(-1) ?? '';
    writes.push(written(step, audited.action, resource));
  };
  // The poller is written to the client's record, and to no service.
  const { answer } = start.flows;
  const asked = vi.spyOn(start.flows, 'answer').mockImplementation((operation, call) => {
    if (operation === 'setPoller') writes.push(written(operation, 'poller.set', reference().client));
    return answer(operation, call);
  });
  await run();
  start.world.wire.observer = undefined;
  asked.mockRestore();
  steps.mockRestore();
  return writes;
}

/** Writes of one kind that follow each other are one: several versions of a secret, for instance. */
const merged = (writes: readonly Write[]) => writes.filter((write, nth) => write !== writes[nth - 1]);
const announced = (planned: readonly PlannedWrite[]) =>
  merged(planned.map((write) => written(write.step, plannedAction(write), write.resource)));
/** The states from which a run completes. */
const statesOf = (flow: FlowName) =>
  Object.entries(STARTING_STATES[flow]).filter(([, { fails }]) => fails === undefined);

/** Asks for a dry run, then makes the run. @returns the writes of both */
async function compare(flow: FlowName, state: StartingState) {
  const start = await startFrom(state);
  const planned = await plannedWrites(flow, start, state);
  const made = await madeWrites(start, async () => {
    const { outcome } = await runFrom(flow, start, state);
    expect(outcome.status).toBe('completed');
  });
  return { start, announced: announced(planned), made: merged(made) };
}

describe.each(['onboard', 'offboard', 'revoke'] as const)(
  'a dry run of the flow %s announces what the run writes',
  (flow) => {
    test.each(statesOf(flow))('for %s', async (_, state) => {
      const { announced, made } = await compare(flow, state);
      expect(made).toEqual(announced);
    });
  },
);

describe('a dry run of a rotation announces what the run writes, and what the sweep writes once nobody needs the old password', () => {
  test.each(statesOf('rotate'))('for %s', async (_, state) => {
    const { start, announced, made } = await compare('rotate', state);
    vi.setSystemTime(new Date('2026-07-15T12:00:00Z'));
    const swept = merged(await madeWrites(start, () => sweepIn(start.world)));

    const bySweep = announced.filter((write) => write.startsWith('revokeOldPasswords:'));
    expect([...made, ...bySweep]).toEqual(announced);
    // One entry names the slot and the secret's versions; the tag that asks for all this is removed last.
    const vault = bySweep.map(() => written('revokeOldPasswords', 'secret.disable', main));
    const tag = bySweep.map(() => written('revokeOldPasswords', 'secret.tag', main));
    expect(swept).toEqual([...bySweep, ...vault, ...tag]);
  });
});
