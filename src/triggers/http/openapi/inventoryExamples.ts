import type {
  ClientOperations,
  DryRunAnswer,
  Operation,
  OperationPage,
} from '@connected-registry/protocol/answers/answers';
import type { CheckStarted } from '@connected-registry/protocol/answers/problemDetails';
import { CHECK_PREFIX } from '../../../domain/check/checkRun.js';
import type {
  AbsentClient,
  CheckResult,
  ClientPage,
  ClientView,
  PollerAnswer,
} from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { FIX_COMMANDS } from '../../../domain/check/fixCommands.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { OPERATION_COMPLETED, OPERATION_REFUSED, QUICKSTART_REQUEST, RUNNING } from './examples.js';

const { connectedRegistry, client, scopeMap, token } = QUICKSTART_REQUEST;
const REFERENCE = { registry: 'myregistry', connectedRegistry, client } as const;
const CHECK_RUN = 'mm9d0a1b00k7x2c5';

export const CLIENT_KEY = clientKey(REFERENCE);

export const CLIENT: ClientView = {
  key: CLIENT_KEY,
  ...REFERENCE,
  state: 'ok',
  differences: [],
  token,
  scopeMap: { name: scopeMap, actions: ['repositories/hello-world/content/read'], actionCount: 1 },
  slot: 'password1',
  issuedAt: '2026-03-01T12:00:03.000Z',
  expiresOn: '2026-05-30T12:00:03.000Z',
  bound: true,
  endpoint: 'myconnectedregistry.example:8000',
  vault: 'myvault.vault.azure.net',
  secret: { name: CLIENT_KEY, isEnabled: true },
  pull: {
    image: 'hello-world:latest',
    digest: 'sha256:4f53e2564790c8e7856ec08e384732aa38dc43c52f02952483e3f003afbf23db',
    bytes: 12_345,
    milliseconds: 210,
    verifiedAt: '2026-03-01T12:00:06.000Z',
  },
};

/** As the client's own page has it. */
export const CLIENT_JOINED: ClientView = {
  ...CLIENT,
  reach: {
    kind: 'joined',
    thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    joinedAt: '2026-03-01T11:58:00.000Z',
    keysSince: '2026-03-01T11:58:00.000Z',
    lastContactAt: '2026-03-08T09:12:00.000Z',
    enrolment: { state: 'used', expiresAt: '2026-03-02T11:50:00.000Z' },
  },
};

/** A gateway polls for it. */
export const POLLER: PollerAnswer = {
  key: CLIENT_KEY,
  poller: {
    objectId: '6f1c2a34-0000-4000-8000-00000000000a',
    since: '2026-03-01T12:00:00.000Z',
    lastContactAt: '2026-03-08T09:12:00.000Z',
  },
};

/** As the client's own page has it. */
export const CLIENT_POLLED: ClientView = { ...CLIENT, reach: { kind: 'poll', poller: POLLER.poller } };

/** Its device may join; nothing was onboarded yet. */
export const CLIENT_ABSENT: AbsentClient = {
  key: CLIENT_KEY,
  state: 'absent',
  reach: { kind: 'unknown', enrolment: { state: 'open', expiresAt: '2026-03-02T11:50:00.000Z' } },
};

export const CLIENT_UNBOUND: ClientView = {
  ...CLIENT,
  state: 'unbound',
  differences: [{ code: 'binding-missing', expected: token }],
  bound: false,
  running: RUNNING.id,
};

/** A continuation in the app's own format, which is opaque to callers. */
const CONTINUATION = 'eyJwbGFjZSI6eyJza2lwIjo1fSwiZmlsdGVycyI6IjBhMWIyYzNkNGU1ZiJ9';

export const CLIENT_PAGE: ClientPage = { clients: [CLIENT], continuation: CONTINUATION };

/** Two tokens that somebody made by hand. */
export const UNMANAGED_PAGE: ClientPage = {
  clients: [],
  unmanaged: [
    {
      registry: 'myregistry',
      connectedRegistry,
      token: 'press-4',
      state: 'unmanaged',
      isEnabled: true,
      createdAt: '2025-04-02T08:00:00.000Z',
      passwords: [{ slot: 'password1', createdAt: '2025-04-02T08:01:00.000Z', works: true }],
      freeSlot: 'password2',
      scopeMap: { name: 'presses', rights: 'read', actions: ['repositories/hello-world/content/read'] },
      lastUse: 'unknown',
    },
    {
      registry: 'myregistry',
      connectedRegistry,
      token: 'press-5',
      state: 'unmanaged',
      isEnabled: true,
      createdAt: '2025-04-02T08:00:00.000Z',
      passwords: [
        { slot: 'password1', createdAt: '2025-04-02T08:02:00.000Z', works: true },
        {
          slot: 'password2',
          createdAt: '2026-01-12T15:30:00.000Z',
          expiresAt: '2027-01-12T15:30:00.000Z',
          works: true,
        },
      ],
      scopeMap: { name: 'presses', rights: 'read', actions: ['repositories/hello-world/content/read'] },
      lastUse: 'unknown',
    },
  ],
};

const short = ({ steps: _steps, result: _result, failure, ...rest }: Operation) => ({
  ...rest,
  ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}),
});

export const OPERATION_PAGE: OperationPage = {
  operations: [short(OPERATION_COMPLETED)],
  continuation: CONTINUATION,
};
export const LAST_OPERATION_PAGE: OperationPage = { operations: [short(OPERATION_REFUSED)] };

export const CLIENT_OPERATIONS: ClientOperations = {
  operations: [
    {
      ...short(OPERATION_REFUSED),
      actor: 'function-key',
      failure: { code: 'preflight', message: OPERATION_REFUSED.failure?.message ?? '', residue: [] },
    },
  ],
};

export const DRY_RUN_OF_CHECK: DryRunAnswer = { problems: [], writes: [], adopts: [] };

export const CHECK_REQUEST = { clients: [{ connectedRegistry, client }] };

const CHECK_ID = formatOperationId({ instance: `${CHECK_PREFIX}${CHECK_RUN}`, run: CHECK_RUN });

export const CHECK_STARTED: CheckStarted = {
  id: CHECK_ID,
  status: 'running',
  operations: [{ ...REFERENCE, id: CHECK_ID, status: 'running' }],
};

const RESULT: CheckResult = {
  checked: 1,
  counts: { drifted: 1 },
  findings: [
    {
      ...REFERENCE,
      state: 'drifted',
      expiresOn: CLIENT.expiresOn,
      differences: [
        { code: 'password-replaced', expected: CLIENT.issuedAt, found: '2026-03-04T08:15:00.000Z' },
        { code: 'scope-map-rights', found: 'repositories/*/content/read, repositories/hello-world/content/read' },
      ],
    },
  ],
  omittedFindings: 0,
  unused: [
    { kind: 'scopeMap', registry: 'myregistry', name: 'onb-samples-5f2e9c01b7aa', reason: 'it carries our mark' },
  ],
  omittedUnused: 0,
  unmanaged: [
    {
      registry: 'myregistry',
      connectedRegistry,
      token: 'press-4',
      fix: `Adopt it: onboard a client with this token and adopt: true; crctl import writes the row of a fleet file. If no device uses it: ${FIX_COMMANDS.removeClientToken({ registry: 'myregistry', connectedRegistry, token: 'press-4' })}`,
    },
  ],
  omittedUnmanaged: 0,
  warnings: [
    {
      code: 'message-ttl-exceeded',
      registry: 'myregistry',
      connectedRegistry,
      message:
        'It has not synced since 2026-02-20T00:00:00.000Z, and messages for it are kept only for P2D: it may never receive the changes made since.',
      fix: `Bring it online and resynchronise it. To prevent this: ${FIX_COMMANDS.keepMessages({ registry: 'myregistry', connectedRegistry, seconds: 13 * 86_400 })}`,
    },
  ],
};

export const OPERATION_CHECKED: Operation = {
  id: CHECK_ID,
  kind: 'check',
  runId: CHECK_RUN,
  status: 'completed',
  phase: 'completed',
  startedAt: '2026-03-05T03:00:00.000Z',
  endedAt: '2026-03-05T03:00:02.000Z',
  steps: [
    {
      name: 'checkClients',
      status: 'completed',
      attempts: 1,
      startedAt: '2026-03-05T03:00:00.000Z',
      endedAt: '2026-03-05T03:00:02.000Z',
    },
  ],
  result: RESULT,
};
