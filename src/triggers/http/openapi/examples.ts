import type { DryRunAnswer, Operation, RunningOperation } from '@connected-registry/protocol/answers/answers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { FIX_COMMANDS } from '../../../domain/check/fixCommands.js';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { signalSubject } from '@connected-registry/protocol/messages/signalEvent';
import { plannedWrites } from '../../../queries/onboarding/plannedWrites.js';
import { problemType } from '../answers/problem.js';

/* The names are those of Microsoft's quickstart "Pull images from a connected registry" (Azure docs). */

export const REFERENCE = {
  registry: 'myregistry',
  connectedRegistry: 'myconnectedregistry',
  client: 'device-1',
} as const;
const RUN = 'mm7k3q8w00k2v9x1';
const DIGEST = 'sha256:4f53e2564790c8e7856ec08e384732aa38dc43c52f02952483e3f003afbf23db';

export const OPERATION_ID = formatOperationId({ instance: clientKey(REFERENCE), run: RUN });
export const LATER_OPERATION_ID = formatOperationId({ instance: clientKey(REFERENCE), run: 'mm7k9b2c01x4fz7a' });

export const QUICKSTART_REQUEST = {
  connectedRegistry: REFERENCE.connectedRegistry,
  client: REFERENCE.client,
  repositories: ['hello-world'],
  scopeMap: 'hello-world-scopemap',
  token: 'myconnectedregistry-client-token',
};

export const RIGHTS_REQUEST = {
  connectedRegistry: REFERENCE.connectedRegistry,
  client: 'device-2',
  repositories: { 'hello-world': ['content/read', 'metadata/read'], 'samples/*': ['content/read'] },
  image: 'hello-world:latest',
  credentialLifetimeDays: 180,
};

export const RUNNING: RunningOperation = { id: OPERATION_ID, status: 'running' };

const onboarding = toOnboarding(QUICKSTART_REQUEST, REFERENCE.registry);

/** Made as the app makes it, for a client of which nothing is there yet. */
export const DRY_RUN: DryRunAnswer = {
  problems: [],
  ...plannedWrites(
    {
      scopeMap: 'absent',
      token: { exists: false },
      bound: false,
      credential: { kind: 'issue', slot: 'password1', replacesLivePassword: false },
    },
    onboarding,
  ),
};

const NOT_SYNCED = {
  code: 'repository-not-synced',
  field: 'repositories.hello-world',
  message: 'hello-world (content/read) is not in the sync scope of myconnectedregistry.',
  fix: FIX_COMMANDS.addToSyncScope({
    registry: 'myregistry',
    connectedRegistry: 'myconnectedregistry',
    repository: 'hello-world',
  }),
} as const;

export const DRY_RUN_REFUSED: DryRunAnswer = { ...DRY_RUN, problems: [NOT_SYNCED] };

const BASE = {
  id: OPERATION_ID,
  kind: 'onboard',
  runId: RUN,
  ...REFERENCE,
  startedAt: '2026-03-01T12:00:00.000Z',
} as const;

const ended = (name: string, second: number, attempts = 1) =>
  ({
    name,
    status: 'completed',
    attempts,
    startedAt: `2026-03-01T12:00:0${second}.000Z`,
    endedAt: `2026-03-01T12:00:0${second + 1}.000Z`,
  }) as const;

const UNTIL_BOUND = ['preflight', 'ensureScopeMap', 'ensureToken', 'issueCredentials', 'bind'].map((name, second) =>
  ended(name, second),
);

export const OPERATION_WAITING: Operation = {
  ...BASE,
  status: 'running',
  phase: 'pullCheck',
  steps: [
    ...UNTIL_BOUND,
    {
      name: 'pullCheck',
      status: 'waiting',
      attempts: 1,
      startedAt: '2026-03-01T12:00:05.000Z',
      message: 'the connected registry does not accept the token yet; asking again at 2026-03-01T12:01:30.000Z',
    },
  ],
};

export const OPERATION_COMPLETED: Operation = {
  ...BASE,
  status: 'completed',
  phase: 'completed',
  endedAt: '2026-03-01T12:00:08.000Z',
  steps: [...UNTIL_BOUND, ended('pullCheck', 5, 2), ended('promote', 6), ended('announce', 7)],
  result: {
    scopeMap: onboarding.scopeMap,
    token: onboarding.token,
    connectedRegistry: onboarding.connectedRegistry,
    secret: {
      name: mainSecretName(REFERENCE),
      version: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
      slot: 'password1',
      expiresOn: '2026-05-30T12:00:03.000Z',
    },
    pull: {
      image: onboarding.image,
      digest: DIGEST,
      bytes: 12_345,
      milliseconds: 210,
      verifiedAt: '2026-03-01T12:00:06.000Z',
    },
    changed: true,
  },
};

export const OPERATION_REFUSED: Operation = {
  ...BASE,
  status: 'rolledBack',
  phase: 'rolledBack',
  endedAt: '2026-03-01T12:00:01.000Z',
  steps: [{ ...ended('preflight', 0), status: 'failed', message: NOT_SYNCED.message }],
  failure: { code: 'preflight', message: NOT_SYNCED.message, residue: [], kept: [], problems: [NOT_SYNCED] },
};

export const REPORT: PullCheckReport = {
  expiresAt: '2026-03-01T12:05:05.000Z',
  outcome: 'pulled',
  image: onboarding.image,
  digest: DIGEST,
  bytes: 12_345,
  milliseconds: 210,
  agent: 'device-agent/1',
};

export const FAILED_REPORT: PullCheckReport = {
  expiresAt: '2026-03-01T12:05:05.000Z',
  outcome: 'unauthorized',
  image: onboarding.image,
  milliseconds: 35,
  agent: 'device-agent/1',
};

export const CLIENTS_REQUEST = {
  clients: [
    { connectedRegistry: REFERENCE.connectedRegistry, client: REFERENCE.client },
    { connectedRegistry: REFERENCE.connectedRegistry, client: 'device-2' },
  ],
};

/** Of the second client's run the first part tells nothing: each has its own. */
export const STARTED_OPERATIONS = {
  operations: [
    { ...REFERENCE, ...RUNNING },
    {
      ...REFERENCE,
      client: 'device-2',
      problem: {
        type: problemType('engine-slow'),
        status: 503,
        code: 'engine-slow',
        title: 'The start could not be confirmed.',
        detail: 'The durable engine did not show the run in time. Send the same request again: it attaches if it runs.',
      },
    },
  ],
} as const;

export const OFFBOARDING_DRY_RUN: DryRunAnswer = {
  problems: [],
  writes: [
    { step: 'unbind', action: `remove client token ${onboarding.token}`, resource: REFERENCE.connectedRegistry },
    { step: 'deleteToken', action: 'disable token', resource: onboarding.token },
    { step: 'deleteToken', action: 'delete token', resource: onboarding.token },
    { step: 'retireSecret', action: 'disable 1 version(s) of secret', resource: mainSecretName(REFERENCE) },
    { step: 'retireSecret', action: 'delete secret', resource: mainSecretName(REFERENCE) },
  ].map((write) => ({ ...write, client: REFERENCE.client })),
  adopts: [`scope map ${onboarding.scopeMap}: 3 other token(s) use it`],
};

export const REVOCATION_DRY_RUN: DryRunAnswer = {
  problems: [],
  writes: [
    { step: 'disable', action: 'disable token', resource: onboarding.token },
    {
      step: 'disable',
      action: 'disable version 0a1b2c3d4e5f60718293a4b5c6d7e8f9 of secret',
      resource: mainSecretName(REFERENCE),
    },
  ].map((write) => ({ ...write, client: REFERENCE.client })),
  adopts: [],
};

export const OPERATION_OFFBOARDED: Operation = {
  ...BASE,
  kind: 'offboard',
  status: 'completed',
  phase: 'completed',
  endedAt: '2026-03-01T12:00:06.000Z',
  steps: ['plan', 'unbind', 'deleteToken', 'removeScopeMap', 'retireSecret', 'forget'].map((name, second) =>
    ended(name, second),
  ),
  result: {
    removed: [
      `binding of ${onboarding.token} to ${REFERENCE.connectedRegistry}`,
      `token ${onboarding.token}`,
      `secret ${mainSecretName(REFERENCE)}`,
    ],
    kept: [`scope map ${onboarding.scopeMap}: 3 other token(s) use it`],
    changed: true,
  },
};

export const OPERATION_REVOKED: Operation = {
  ...BASE,
  kind: 'revoke',
  status: 'completed',
  phase: 'completed',
  endedAt: '2026-03-01T12:00:02.000Z',
  steps: ['mark', 'disable'].map((name, second) => ended(name, second)),
  result: {
    revokedAt: '2026-03-01T12:00:00.120Z',
    disabled: [`token ${onboarding.token}`, `secret ${mainSecretName(REFERENCE)}`],
    changed: true,
    edge: {
      connectedRegistry: REFERENCE.connectedRegistry,
      schedule: '* * * * *',
      lastSyncTime: '2026-03-01T11:59:00.000Z',
      nextSyncTime: '2026-03-01T12:01:00.000Z',
      message: `the cloud refuses the client from now on, ${REFERENCE.connectedRegistry} from its next sync on`,
    },
  },
};

export const PENDING = {
  messages: [
    {
      specversion: '1.0',
      type: 'ConnectedRegistry.PullCheckRequested',
      id: `${OPERATION_ID}.1`,
      source: '/connected-registry-onboarding',
      subject: signalSubject(REFERENCE),
      data: {
        operation: OPERATION_ID,
        run: OPERATION_ID.split('.')[1] ?? '',
        attempt: 1,
        client: 'device-1',
        connectedRegistry: 'myconnectedregistry',
        secret: { name: `${OPERATION_ID.split('.')[0] ?? ''}-candidate`, version: 'f1a0c3d25b7e4f6d9c1e2a3b4c5d6e7f' },
        image: 'hello-world:latest',
        keyId: 'k1',
        reportKey: 'derived-for-this-attempt',
        expiresAt: '2026-03-01T12:05:00.000Z',
      },
    },
  ],
} as const;
