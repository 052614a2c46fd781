import { app, type InvocationContext } from '@azure/functions';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { guardInvocations } from '../../../src/registration/guardedInvocations.js';
import { ServiceError } from '../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../src/serviceErrors/serviceFacts.js';
import { REDACTED, seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

const SECRET = 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA';

interface Invocation {
  functionHandler: (...args: unknown[]) => unknown;
  readonly invocationContext: {
    readonly functionName: string;
    readonly options: { readonly trigger: { readonly type: string } };
  };
}

const { hooks } = vi.hoisted(() => ({
  hooks: {
    log: undefined as ((context: { message: string }) => void) | undefined,
    preInvocation: undefined as ((context: unknown) => void) | undefined,
  },
}));
vi.mock('@azure/functions', () => ({
  app: {
    hook: {
      log: (hook: typeof hooks.log) => (hooks.log = hook),
      preInvocation: (hook: typeof hooks.preInvocation) => (hooks.preInvocation = hook),
    },
  },
}));

beforeAll(() => guardInvocations());
beforeEach(() => seenSecrets.remember(SECRET));

/** Runs a handler as the host would, behind the hook. */
async function invoked(type: string, handler: () => unknown, functionName = 'anyFunction'): Promise<unknown> {
  const invocation: Invocation = {
    functionHandler: handler,
    invocationContext: { functionName, options: { trigger: { type } } },
  };
  hooks.preInvocation?.(invocation);
  return invocation.functionHandler();
}

test('a line that the app or a library logs is written without secrets', () => {
  const context = { message: `the body was ${SECRET}` };
  hooks.log?.(context);
  expect(context.message).toBe(`the body was ${REDACTED}`);
});

test('on a host without a log hook, every line of an invocation is written without secrets', () => {
  const guarded = hooks.preInvocation;
  const log = vi.spyOn(app.hook, 'log').mockImplementation(() => {
    throw new Error('Log hooks require Azure Functions Host v4.34 or higher.');
  });
  guardInvocations();
  log.mockRestore();
  const written: unknown[][] = [];
  const methods = ['log', 'trace', 'debug', 'info', 'warn', 'error'] as const;
  const invocationContext = {
    functionName: 'anyFunction',
    options: { trigger: { type: 'httpTrigger' } },
    ...Object.fromEntries(methods.map((method) => [method, (...words: unknown[]) => written.push([method, ...words])])),
  } as unknown as InvocationContext;
  hooks.preInvocation?.({ functionHandler: () => undefined, invocationContext });
  for (const method of methods) invocationContext[method]('the body was', { value: SECRET });
  expect(written).toEqual(methods.map((method) => [method, `the body was { value: '${REDACTED}' }`]));
  hooks.preInvocation = guarded;
});

test.each(['activityTrigger', 'httpTrigger', 'timerTrigger', 'eventGridTrigger'])(
  'the result of a function with a %s is returned without secrets',
  async (type) => {
    const result = await invoked(type, async () => ({ kind: 'failed', message: `it said ${SECRET}` }));
    expect(result).toEqual({ kind: 'failed', message: `it said ${REDACTED}` });
  },
);

test.each([
  ['a polling device receives its key', 'getPendingMessages'],
  ['an operator receives the join token', 'postEnrolments'],
])('%s', async (_, name) => {
  const answer = { jsonBody: { reportKey: SECRET } };
  expect(await invoked('httpTrigger', () => answer, name)).toBe(answer);
});

test('the answer of an orchestration or an entity to the engine is not changed', async () => {
  for (const type of ['orchestrationTrigger', 'entityTrigger']) expect(await invoked(type, () => SECRET)).toBe(SECRET);
});

test('an unexpected error is thrown without its message, whether or not it contains a known secret', async () => {
  const failing = invoked('timerTrigger', () => {
    throw Object.assign(new TypeError('words of somebody'), { cause: new Error(SECRET), body: SECRET });
  });
  const error = await failing.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'Unexpected', message: 'an unexpected TypeError' });
  expect((error as Error).stack).toContain('guardedInvocations.test');
  expect(new Set(Reflect.ownKeys(error as object))).toEqual(new Set(['message', 'name', 'stack']));
});

test('a ServiceError is thrown unchanged', async () => {
  const own = new ServiceError({ kind: 'unavailable', operation: 'get token', resource: resourceName('a-token') });
  await expect(invoked('eventGridTrigger', () => Promise.reject(own))).rejects.toBe(own);
});
