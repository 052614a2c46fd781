import { clientFingerprint } from '@connected-registry/protocol/requests/clientsRequest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { OFFBOARD, ONBOARD, REVOKE, type Run } from '../../../../src/domain/operations/run.js';
import type { PresentRun } from '../../../../src/ports/runs.js';
import { offboard } from '../../../../src/orchestrations/offboard.js';
import { revoke } from '../../../../src/orchestrations/revoke.js';
import type { FlowWorld } from '../worlds/flowWorld.js';
import { runFlow, type Script } from '../worlds/runFlow.js';
import { reference } from '../answers/orders.js';
import { config, RUN } from '../answers/requests.js';
import { token } from '../worlds/defaultClient.js';

/** A run about the default request's client, asked for at this moment. */
export function clientRun(kind: typeof OFFBOARD | typeof REVOKE, run: string, eventAt?: string): Run {
  return {
    run,
    fingerprint: clientFingerprint(kind, reference()),
    requestedAt: new Date().toISOString(),
    ...(eventAt === undefined ? {} : { eventAt }),
    actor: 'function-key',
    request: reference(),
    limits: config().limits,
  };
}

/** An onboarding of the client that is in progress, and has reached its token. */
export const atWork = (changes: Partial<PresentRun> = {}): PresentRun => ({
  fingerprint: 'request',
  isCompleted: false,
  id: { instance: clientKey(reference()), run: RUN },
  kind: ONBOARD,
  hasEnded: false,
  requestedAt: '2026-03-01T11:59:00.000Z',
  effectiveAt: '2026-03-01T11:59:00.000Z',
  steps: ['preflight', 'ensureScopeMap', 'ensureToken'],
  token,
  ...changes,
});

export function offboardIn(
  flows: FlowWorld,
  { run = 'the-offboarding', eventAt, ...script }: Script & { readonly run?: string; readonly eventAt?: string } = {},
) {
  return runFlow({ world: flows, flow: offboard, input: clientRun(OFFBOARD, run, eventAt), script });
}

export function revokeIn(
  flows: FlowWorld,
  { run = 'the-revocation', ...script }: Script & { readonly run?: string } = {},
) {
  return runFlow({ world: flows, flow: revoke, input: clientRun(REVOKE, run), script });
}
