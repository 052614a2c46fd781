import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';
import type { OperationStatus } from '@connected-registry/protocol/answers/answers';
import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { JSX } from 'preact';
import type { Tone } from './bar.js';
import { Text } from './text.js';

/** A state as a word with a mark of its tone, whose shape differs too. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }): JSX.Element {
  return (
    <span class={`badge ${tone}`}>
      <Text of={children} />
    </span>
  );
}

export const CLIENT_TONES: Readonly<Record<ClientState, Tone>> = {
  orphaned: 'bad',
  revoked: 'bad',
  expired: 'bad',
  unbound: 'bad',
  drifted: 'warn',
  changing: 'busy',
  expiring: 'warn',
  ok: 'good',
};

export const OPERATION_TONES: Readonly<Record<OperationStatus, Tone>> = {
  running: 'busy',
  completed: 'good',
  rolledBack: 'warn',
  failed: 'bad',
};

export const ROLLOUT_TONES: Readonly<Record<Rollout['status'], Tone>> = {
  opening: 'busy',
  refused: 'bad',
  running: 'busy',
  paused: 'warn',
  stopped: 'bad',
  completed: 'good',
  cancelled: 'quiet',
};

export const ROW_TONES: Readonly<Record<RolloutClient['state'], Tone>> = {
  waiting: 'quiet',
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  planned: 'good',
};
