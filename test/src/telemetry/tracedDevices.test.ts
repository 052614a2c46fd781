import functions, { type PreInvocationContext } from '@azure/functions';
import { expect, test, vi } from 'vitest';
import type { PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { observeInvocations } from '../../../src/telemetry/invocation.js';
import { measuredPorts } from '../../../src/telemetry/measuredPorts.js';
import type { Ports } from '../../../src/ports/ports.js';
import { FakeChannel } from '../fakes/services/channel.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const MESSAGE: PullCheckRequested = {
  operation: 'a.run1',
  run: 'run1',
  attempt: 1,
  client: 'c',
  connectedRegistry: 'cr',
  secret: { name: 's', version: 'v' },
  image: 'hello-world:latest',
  keyId: 'k1',
  reportKey: 'key',
  expiresAt: '2030-01-01T00:00:00Z',
};
const silent = { measure: () => undefined, span: () => undefined, end: () => Promise.resolve() };

/** The pull check that a device receives from an invocation with the host's `traceParent`. */
async function askedBy(traceParent: string | undefined): Promise<PullCheckRequested | undefined> {
  const hook = vi.spyOn(functions.app.hook, 'preInvocation').mockReturnValue({ dispose: () => undefined });
  vi.spyOn(functions.app.hook, 'appTerminate').mockReturnValue({ dispose: () => undefined });
  observeInvocations(silent);
  const channel = new FakeChannel();
  const { devices } = measuredPorts(
    { vaults: { hosts: ['a'], of: () => ({}) }, devices: channel } as unknown as Ports,
    silent,
  );
  const invocation = {
    functionHandler: () => devices.requestPullCheck('id', MESSAGE, { kind: 'eventGrid' }),
    invocationContext: {
      functionName: 'requestPullCheck',
      options: { trigger: { type: 'activityTrigger' } },
      traceContext: { traceParent },
    },
  } as unknown as PreInvocationContext;
  await hook.mock.calls[0]?.[0](invocation);
  await invocation.functionHandler({}, invocation.invocationContext);
  vi.restoreAllMocks();
  return channel.pullChecks.get('id');
}

test('a device receives the trace context of the activity that requests the pull check', async () => {
  expect(await askedBy(TRACE)).toEqual({ ...MESSAGE, traceparent: TRACE });
});

test('a device receives a trace context marked as sampled, as the app’s own spans are, even if the host did not sample it', async () => {
  expect(await askedBy(TRACE.replace(/01$/, '00'))).toEqual({ ...MESSAGE, traceparent: TRACE });
});

test.each([
  undefined,
  '',
  'none',
  TRACE.toUpperCase(),
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  `${TRACE}\n`,
  TRACE.replace(/^00/, 'ff'),
])('a device receives no trace context when the host gives %j, and would refuse one of that form', async (given) => {
  expect(await askedBy(given)).toEqual(MESSAGE);
  expect(pullCheckRequested.safeParse({ ...MESSAGE, traceparent: given }).success).toBe(given === undefined);
});
