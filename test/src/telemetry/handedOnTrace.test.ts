import { context, propagation, trace } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { handOnTraces } from '../../../src/telemetry/handedOnTrace.js';
import { inTrace } from '../../../src/telemetry/invocation.js';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

afterEach(() => {
  context.disable();
  propagation.disable();
});

/** As durable-functions asks for it. */
function handedOn(): Record<string, string> {
  const headers: Record<string, string> = {};
  if (trace.getSpan(context.active())) propagation.inject(context.active(), headers);
  return headers;
}

test('a run that an invocation starts belongs to its trace', async () => {
  await handOnTraces();
  expect(inTrace(PARENT, handedOn)).toEqual({ traceparent: PARENT });
  await inTrace(PARENT, async () => {
    await Promise.resolve();
    expect(handedOn()).toEqual({ traceparent: PARENT });
  });
});

test.each([undefined, '', 'rubbish', PARENT.replace('00-', 'ff-')])(
  'the invalid trace context %j is not passed on',
  async (given) => {
    await handOnTraces();
    expect(inTrace(given, handedOn)).toEqual({});
  },
);

test('work that a library runs in a context of its own is not changed', async () => {
  await handOnTraces();
  expect(context.with(context.active(), (left: number, right: number) => left + right, undefined, 1, 2)).toBe(3);
  const bound = () => 4;
  expect(context.bind(context.active(), bound)()).toBe(4);
});
