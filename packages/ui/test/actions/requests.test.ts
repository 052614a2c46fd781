import { describe, expect, test } from 'vitest';
import { clientOf, operationOf, openRollout, problem, rowsOf } from '../../../../test/shared/madeUpFleet.js';
import { recheckBody } from '../../src/actions/client/recheckBody.js';
import { dryRunOf, startedOf } from '../../src/actions/dialog/answers.js';
import { mayBeTaken } from '../../src/actions/dialog/taken.js';
import { fieldFaults } from '../../src/actions/onboarding/fieldFaults.js';
import { onboardingBody } from '../../src/actions/onboarding/onboardFields.js';
import { cancelPlan } from '../../src/actions/operationActions.js';
import { commandPlan, commandsFor } from '../../src/actions/rollout/rolloutCommands.js';

const [row] = rowsOf(1);
if (row === undefined) throw new Error('The fleet has no client.');

describe('the body of an onboarding', () => {
  const body = (...given: readonly (readonly [string, string])[]) => onboardingBody(new Map(given));

  test('has what was typed in, without spaces around it, and nothing else', () => {
    expect(
      body(['client', ' press-1 '], ['connectedRegistry', 'berlin'], ['repositories', ' a \r\n\n b '], ['image', ' ']),
    ).toEqual({ client: 'press-1', connectedRegistry: 'berlin', repositories: ['a', 'b'] });
  });

  test('has repositories with their actions as an object', () => {
    expect(body(['repositories', 'a = content/read, metadata/read\nb\na=content/write'])).toEqual({
      repositories: { a: ['content/read', 'metadata/read', 'content/write'], b: ['content/read'] },
    });
    expect(Object.keys(body(['repositories', '__proto__=content/read']))).toEqual(['repositories']);
  });

  test('leaves it to the app to refuse what is no number', () => {
    expect(body(['credentialLifetimeDays', '90'])).toEqual({ credentialLifetimeDays: 90 });
    expect(body(['credentialLifetimeDays', '1e3'])).toEqual({ credentialLifetimeDays: '1e3' });
  });

  test('has flags and the parts of an identity', () => {
    expect(body(['adopt', 'true'], ['recheck', ''], ['identity.principalId', 'id'])).toEqual({
      adopt: true,
      identity: { principalId: 'id' },
    });
  });
});

describe('the faults of a refused onboarding', () => {
  test('are at their fields; what belongs to none stays', () => {
    const error = (field: string) => ({ field, message: 'is wrong', fix: 'correct it' });
    const errors = [error('repositories.0'), error('identity.principalId'), error('clientele')];
    const { byField, rest } = fieldFaults({ kind: 'refused', problem: problem(400, 'invalid-request', { errors }) });
    expect([...byField.keys()]).toEqual(['repositories', 'identity.principalId']);
    expect(rest).toMatchObject({ problem: { errors: [error('clientele')] } });
  });
});

describe('a recheck', () => {
  test('asks for what the client has', () => {
    expect(recheckBody(clientOf(row))).toEqual({
      registry: row.registry,
      connectedRegistry: row.connectedRegistry,
      client: row.client,
      repositories: ['hello-world', 'samples/line'],
      scopeMap: 'line-scopemap',
      token: `${row.client}-token`,
      credentialLifetimeDays: 90,
      recheck: true,
      endpoint: `${row.connectedRegistry}.plants.example:443`,
      image: 'hello-world:latest',
    });
  });

  test('is impossible if not all rights are known', () => {
    const { scopeMap, ...view } = clientOf(row);
    expect(recheckBody({ ...view, scopeMap: { ...scopeMap, actionCount: 21 } })).toBeUndefined();
  });
});

describe('an answer', () => {
  test('about one client is its operation, or its problem', () => {
    expect(startedOf({ operations: [{ id: 'a.b', status: 'running' }] })).toBe('a.b');
    expect(startedOf({ id: 'a.b', status: 'running' })).toBe('a.b');
    expect(() => startedOf({ operations: [{ problem: problem(404, 'client-unknown') }] })).toThrow('refused');
  });

  test.each([null, [], 'text', {}, { operations: [] }, { operations: [null] }, { operations: [{ id: 7 }] }])(
    '%j is none of the app',
    (answer) => {
      expect(() => startedOf(answer)).toThrow('unexpected');
    },
  );

  test('to a dry run that lacks a part is none', () => {
    expect(() => dryRunOf(JSON.parse('{"problems":[],"writes":[]}'))).toThrow('unexpected');
  });
});

test.each([
  [{ kind: 'unreachable' }, true],
  [{ kind: 'timeout', seconds: 60 }, true],
  [{ kind: 'unexpected', status: 202 }, true],
  [{ kind: 'unexpected', status: 504 }, true],
  [{ kind: 'unexpected', status: 429 }, false],
  [{ kind: 'signedOut' }, false],
  [{ kind: 'refused', problem: problem(503, 'engine-slow') }, false],
] as const)('after %j it may have been taken: %s', (fault, isTaken) => {
  expect(mayBeTaken(fault)).toBe(isTaken);
});

describe('a plan without a dry run', () => {
  test('of a cancel names what would be undone', () => {
    expect(cancelPlan(operationOf(row)).sentences[0]).toContain('password, preflight');
    expect(cancelPlan(operationOf(row, { status: 'completed' }))).toMatchObject({ isImpossible: true });
  });

  test.each([
    ['running', ['pause', 'retry-failed', 'cancel']],
    ['paused', ['resume', 'retry-failed', 'cancel']],
    ['completed', ['retry-failed']],
    ['opening', []],
  ] as const)('of a rollout that is %s is one of %j', (status, commands) => {
    expect(commandsFor(openRollout({ status }))).toEqual(commands);
  });

  test('of a rollout says how many clients it is about', () => {
    expect(commandPlan('cancel', openRollout()).sentences[0]).toContain('58 clients');
    expect(commandPlan('retry-failed', openRollout()).sentences[0]).toContain('6 clients');
    expect(commandPlan('resume', openRollout())).toMatchObject({ isImpossible: true });
  });

  test('a dry run cannot be retried', () => {
    expect(commandsFor(openRollout({ status: 'completed', dryRun: true }))).toEqual([]);
  });
});
