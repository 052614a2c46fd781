import type { RotationDryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { PromotionAcknowledgement } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { RotationScheduleAnswer } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { outageOf, rotationWrites } from '../../../queries/rotation/rotationWrites.js';
import { LATER_OPERATION_ID, REFERENCE, RUNNING } from './examples.js';
import { PROBLEM_EXAMPLES } from './problemExamples.js';

const { connectedRegistry, client } = REFERENCE;
const NOW = new Date('2026-03-01T12:00:00.000Z');

export const TWO_CLIENTS = {
  clients: [
    { connectedRegistry, client },
    { connectedRegistry, client: 'device-2' },
  ],
};

export const LEAKED = { clients: [{ connectedRegistry, client }], urgent: true };

const leaked = {
  token: 'myconnectedregistry-client-token',
  slot: 'password1',
  live: { slot: 'password1', createdAt: '2026-01-10T12:00:00.000Z' },
  clears: 'password2',
} as const;

const leakedWrites = rotationWrites(leaked, REFERENCE);

/** Made as the app makes it. */
export const DRY_RUN: RotationDryRunAnswer = {
  problems: [],
  writes: leakedWrites.map((write) => ({ ...write, client })),
  adopts: [],
  plans: [
    {
      ...REFERENCE,
      problems: [],
      writes: leakedWrites,
      outage: outageOf({ sync: {}, syncPath: [{ name: connectedRegistry }], worstPathSeconds: 60 }, NOW),
    },
  ],
};

export const STARTED = {
  operations: [
    { ...REFERENCE, ...RUNNING },
    { ...REFERENCE, client: 'device-2', problem: { ...PROBLEM_EXAMPLES['another-run'], running: LATER_OPERATION_ID } },
  ],
};

export const ACKNOWLEDGEMENT: PromotionAcknowledgement = {
  expiresAt: '2026-03-04T12:00:07.000Z',
  version: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  agent: 'device-agent/1',
};

export const SCHEDULE: RotationScheduleAnswer = {
  clients: [
    {
      ...REFERENCE,
      slot: 'password1',
      expiresOn: '2026-04-10T12:00:00.000Z',
      dueAt: '2026-03-13T02:10:00.000Z',
      deadline: '2026-03-26T12:00:00.000Z',
      state: 'waiting',
      revokes: { slot: 'password2', from: '2026-03-03T12:00:00.000Z' },
    },
    {
      ...REFERENCE,
      client: 'device-2',
      slot: 'password2',
      expiresOn: '2026-05-30T12:00:00.000Z',
      dueAt: '2026-05-02T20:40:00.000Z',
      deadline: '2026-05-15T12:00:00.000Z',
      state: 'waiting',
    },
  ],
  total: 2,
};
