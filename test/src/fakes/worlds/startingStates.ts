import { vi } from 'vitest';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { CONNECTED_REGISTRY, onboarding } from '../answers/requests.js';
import { atWork, offboardIn, revokeIn } from '../clients/clients.js';
import { VAULT_ID } from '../services/access.js';
import { LONG_AGO, scopeMap, token } from './defaultClient.js';
import { createFlowWorld, type FlowWorld } from './flowWorld.js';
import { report } from './onboardScript.js';
import { onboardIn } from './onboardWorld.js';
import { rotateIn } from './rotateWorld.js';
import type { Script } from './runFlow.js';
import { createWorld, type World } from './world.js';

/** The default client's world, and the entities that outlive its runs. */
export interface Start {
  readonly world: World;
  readonly flows: FlowWorld;
}

/** A state in which a run may find its client, chosen so that its steps or writes differ from those of other states. */
export interface StartingState {
  /** What happened before; by default nothing. */
  readonly before?: (start: Start) => Promise<unknown>;
  /** Fields of the request besides the client. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** What happens while the run is in progress; by default the device pulls. */
  readonly script?: (start: Start) => Script;
  /** Whether the run ends as rolled back. */
  readonly fails?: true;
}

export type FlowName = 'onboard' | 'rotate' | 'offboard' | 'revoke';

const identity = (digit: string) => ({
  identity: { principalId: `${digit.repeat(8)}-1111-1111-1111-111111111111` },
});
const POLLER = '33333333-3333-3333-3333-333333333333';
const onboarded = ({ world, flows }: Start, request = {}) => onboardIn(world, { flows, request });
const rotated = ({ world, flows }: Start) => rotateIn(world, { records: flows.records });
const later = (date: string) => vi.setSystemTime(new Date(`${date}T12:00:00Z`));
const cannotPull = (): Script => ({ device: () => report({ outcome: 'digest-mismatch' }) });

async function due(start: Start): Promise<void> {
  await onboarded(start);
  later('2026-05-01');
}

/** A token that others made, with a scope map of theirs. */
function tokenOfOthers({ world }: Start): void {
  world.addToken({ password1: { createdAt: LONG_AGO } }).scopeMap = 'others-map';
  world.controlPlane.scopeMaps.set('others-map', { name: 'others-map', actions: [], description: '' });
}

/** A scope map with the requested rights, which another client's token has, too. */
async function sharedScopeMap({ world: { controlPlane } }: Start): Promise<void> {
  const actions = toActions(onboarding().permissions);
  controlPlane.scopeMaps.set('shared-map', { name: 'shared-map', actions, description: SCOPE_MAP_MARK });
  controlPlane.tokens.set('of-another', { scopeMap: 'shared-map', isEnabled: true, createdAt: LONG_AGO, slots: {} });
}

/** An onboarding of the client that a revocation finds at its token. */
async function inProgress(start: Start): Promise<void> {
  await onboarded(start);
  start.flows.setPresent(atWork());
}

/** For each flow the states from which its runs do all that they can do. */
export const STARTING_STATES: Readonly<Record<FlowName, Readonly<Record<string, StartingState>>>> = {
  onboard: {
    'a new client': {},
    'a client that has everything': { before: onboarded },
    'a client that has everything and is to be checked again': { before: onboarded, request: { recheck: true } },
    'a shared scope map': { before: sharedScopeMap, request: { scopeMap: 'shared-map' } },
    'a token of others': { before: async (start) => tokenOfOthers(start), request: { adopt: true } },
    'other rights': {
      before: onboarded,
      request: { repositories: ['samples/a'] },
      script: () => ({ device: () => report({ image: 'samples/a:latest' }) }),
    },
    'a scope map that somebody changed': {
      before: async (start) => {
        await onboarded(start);
        await start.world.controlPlane.setScopeMapActions('', scopeMap, []);
      },
      request: { restoreScopeMap: true },
    },
    'a client that somebody unbound': {
      before: async (start) => {
        await onboarded(start);
        start.world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
      },
    },
    'a token whose password somebody replaced': {
      before: async (start) => {
        await onboarded(start);
        start.world.controlPlane.token(token).slots.password1 = { value: 'foreign', createdAt: LONG_AGO };
      },
    },
    'a revoked client': {
      before: async (start) => {
        await onboarded(start);
        await revokeIn(start.flows);
        later('2026-03-02');
      },
    },
    'a new client with an identity': { request: identity('1') },
    'a client that gets an identity': { before: onboarded, request: identity('1') },
    'a client that gets another identity': {
      before: (start) => onboarded(start, identity('1')),
      request: identity('2'),
    },
    'a device that cannot pull': { script: cannotPull, fails: true },
    'a client that gets a poller': { before: onboarded, request: { poller: POLLER } },
    'a client with a poller that cannot pull': { request: { poller: POLLER }, script: cannotPull, fails: true },
    'a device with an identity that cannot pull': { request: identity('1'), script: cannotPull, fails: true },
  },
  rotate: {
    'a due client': { before: due },
    'a client that was rotated before': {
      before: async (start) => {
        await due(start);
        await rotated(start);
        later('2026-07-01');
      },
    },
    'a leaked password': { before: due, request: { urgent: true } },
    'a leaked password beside an older one': {
      before: async (start) => {
        await due(start);
        await rotated(start);
      },
      request: { urgent: true },
    },
    'a client that is unbound before promotion': {
      before: due,
      script: ({ world }) => ({
        before: (name) => {
          if (name === 'promote') world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [] });
        },
      }),
      fails: true,
    },
    'a device that cannot pull': { before: due, script: cannotPull, fails: true },
  },
  offboard: {
    'an onboarded client': { before: onboarded },
    'a client with an identity': { before: (start) => onboarded(start, identity('1')) },
    'a token of others': {
      before: async (start) => {
        tokenOfOthers(start);
        await onboarded(start, { adopt: true });
      },
    },
    'a revoked client': {
      before: async (start) => {
        await onboarded(start);
        await revokeIn(start.flows);
      },
    },
    'a client that is gone': {
      before: async (start) => {
        await onboarded(start);
        await offboardIn(start.flows);
      },
    },
  },
  revoke: {
    'an onboarded client': { before: onboarded },
    'a client with an identity': { before: (start) => onboarded(start, identity('1')) },
    'a client that was revoked before': {
      before: async (start) => {
        await onboarded(start);
        await revokeIn(start.flows);
      },
    },
    'a client whose onboarding is in progress': {
      before: inProgress,
      script: ({ flows }) => ({
        after: (name) => {
          if (name === 'endRun') flows.setPresent(undefined);
        },
      }),
    },
  },
};

/** Brings a new world to the state. Needs fake timers, which it sets. */
export async function startFrom({ before }: StartingState): Promise<Start> {
  later('2026-03-01');
  const world = createWorld({ KEY_VAULT_RESOURCE_ID: VAULT_ID });
  const start = { world, flows: createFlowWorld(world) };
  await before?.(start);
  world.wire.calls.length = 0;
  return start;
}

/** Runs a flow from its state, requested at this moment. */
export function runFrom(flow: FlowName, start: Start, { request = {}, script }: StartingState) {
  const { world, flows } = start;
  const happens = script?.(start);
  switch (flow) {
    case 'onboard':
      return onboardIn(world, { flows, run: 'the-run', request, requestedAt: new Date().toISOString(), ...happens });
    case 'rotate':
      return rotateIn(world, {
        records: flows.records,
        run: 'the-run',
        urgent: request['urgent'] === true,
        ...happens,
      });
    case 'offboard':
      return offboardIn(flows, { run: 'the-run', ...happens });
    case 'revoke':
      return revokeIn(flows, { run: 'the-run', ...happens });
  }
}
