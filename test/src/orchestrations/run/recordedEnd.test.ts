import type { OrchestrationContext } from 'durable-functions';
import { describe, expect, test } from 'vitest';
import type { ClientRecordRequests } from '../../../../src/domain/clients/clientRecord.js';
import type { EndedOperation } from '../../../../src/domain/operations/endedOperation.js';
import type { Flow } from '../../../../src/orchestrations/run/flow.js';
import {
  recordedProfile,
  recordedRun,
  recordedSweep,
  recordedWait,
} from '../../../../src/orchestrations/run/recordedEnd.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CHECK } from '../../../../src/domain/check/checkRun.js';
import { ONBOARD, ROTATE } from '../../../../src/domain/operations/run.js';
import { NOTHING_SWEPT } from '../../../../src/domain/rotation/sweep.js';
import { NOTHING_STARTED } from '../../../../src/domain/profiles/onboardProfile.js';
import { auditProfileEnd } from '../../../../src/activities/starting/auditProfileEnd.js';
import { auditSweepEnd } from '../../../../src/activities/rotation/auditSweepEnd.js';
import { inAuditScope } from '../../../../src/audit/audit.js';
import { FakeDurableContext, type Call } from '../../fakes/durable/durableContext.js';
import { createClientRecordEntity } from '../../fakes/entities/clientRecordEntity.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

interface Line {
  readonly level: string;
  readonly [fact: string]: unknown;
}

const audits: Readonly<Record<string, (input: never) => Promise<unknown>>> = { auditSweepEnd, auditProfileEnd };

/**
 * An engine whose client entity and activities write to one log.
 * @param deaths how often the process dies during an activity
 */
function engineFor(input: unknown, instance?: string, deaths = 0) {
  let left = deaths;
  const lines: Line[] = [];
  const records = createClientRecordEntity();
  const asked: string[] = [];
  const work = async ({ kind, name, input: given }: Call): Promise<unknown> => {
    asked.push(name);
    if (kind === 'activity' && left-- > 0) throw new Error('the process ended');
    const { by, ...rest } = given as ClientRecordRequests['noteEnd'];
    const log = (line: string, level = 'info') => void lines.push({ level, ...(JSON.parse(line) as object) });
    return inAuditScope({ log, ...by }, () =>
      kind === 'activity'
        ? audits[name]?.(rest as never)
        : records.request('noteEnd', given as ClientRecordRequests['noteEnd']),
    );
  };
  return { context: new FakeDurableContext(input, work, instance), lines, records, asked };
}

const END = '2026-03-01T12:10:00.000Z';
const failure = { code: 'sync-overdue', message: 'm', residue: [], kept: [] } as const;
/** A flow that ends at once, so. */
const ending = <T>(outcome: T) =>
  function* (_context: OrchestrationContext): Flow<T> {
    return outcome;
  };
const run = onboardingRun();
const key = clientKey(run.request);
const id = `${key}.${run.run}`;

describe('a run’s end', () => {
  test('is recorded for its client before the run ends, and is one line of the audit', async () => {
    const { context, lines, records } = engineFor(run, key);
    const outcome = { status: 'completed', endedAt: END } as const;
    expect(await context.run(recordedRun(ONBOARD, ending(outcome)))).toEqual(outcome);

    const { registry, connectedRegistry, client } = run.request;
    const ended: EndedOperation = {
      id,
      kind: 'onboard',
      actor: run.actor,
      client: { registry, connectedRegistry, client },
      startedAt: run.requestedAt,
      endedAt: END,
      status: 'completed',
    };

    expect(records.state.ended).toEqual([ended]);

    const line = { audit: 'run.end.succeeded', operation: id, actor: run.actor, resource: key, kind: 'onboard' };
    expect(lines).toEqual([{ level: 'info', ...line, outcome: 'completed', residue: [], seconds: 600 }]);

    // A turn that is repeated after a kill sends the same again.
    await context.run(recordedRun(ONBOARD, ending(outcome)));
    expect([records.state.ended?.length, lines.length]).toEqual([1, 1]);
  });

  test.each([
    ['a failure', 'rolledBack', failure, 'warning'],
    ['one that left something', 'failed', { ...failure, residue: ['token a: it stays'] }, 'warning'],
    ['a cancel', 'rolledBack', { ...failure, code: 'cancelled' }, 'info'],
    ['a late event', 'rolledBack', { ...failure, code: 'stale-event' }, 'info'],
    ['a cancel that left something', 'failed', { ...failure, code: 'cancelled', residue: ['x'] }, 'warning'],
  ] as const)('by %s is logged at its level', async (_, status, how, level) => {
    const { context, lines } = engineFor(run, key);
    await context.run(recordedRun(ONBOARD, ending({ status, endedAt: END, failure: how })));
    const { code, residue } = how;

    expect(lines).toMatchObject([
      { level, audit: 'run.end.failed', outcome: status, code, reason: code, residue, seconds: 600 },
    ]);
  });

  test('by an unexpected error is recorded, and stays an error', async () => {
    const { context, lines, records } = engineFor(run, key);
    const broken = recordedRun(ONBOARD, function* (_context: OrchestrationContext): Flow<{
      status: 'completed';
      endedAt: string;
    }> {
      throw new TypeError('broken: top-secret');
    });

    await expect(context.run(broken)).rejects.toThrow(TypeError);
    expect(lines).toMatchObject([{ level: 'warning', audit: 'run.end.failed', code: 'internal' }]);
    expect(JSON.stringify([lines, records.state])).not.toContain('top-secret');
  });

  test('is recorded with limited sizes', async () => {
    const { context, records } = engineFor(run, key);
    const residue = Array.from({ length: 40 }, (_, nth) => `${nth}: ${'r'.repeat(1000)}`);
    const how = { ...failure, message: 'm'.repeat(5000), residue };

    await context.run(recordedRun(ONBOARD, ending({ status: 'failed', endedAt: END, failure: how })));

    expect(JSON.stringify(records.state).length).toBeLessThan(2000);
    expect(records.state.ended?.[0]?.failure?.residue.at(-1)).toBe('and 35 more');
  });

  test('of a check is recorded for all checks', async () => {
    const { context, asked } = engineFor({ ...run, request: { registries: [] } }, 'ck-m1');
    await context.run(recordedRun(CHECK, ending({ status: 'completed', endedAt: END })));
    expect(asked).toEqual(['client.ck-all.noteEnd']);
  });
});

describe('the end of a wait for a client', () => {
  const waiting = { ...run, kind: ROTATE, preempts: false };
  const wait = (outcome: { status: 'completed' | 'rolledBack'; startedAs?: string }) =>
    recordedWait(ending({ endedAt: END, ...outcome }));

  test('is not recorded if its run started, because that run has an end of its own', async () => {
    const { context, asked } = engineFor(waiting, `wr-${key}`);
    await context.run(wait({ status: 'completed', startedAs: id }));
    expect(asked).toEqual([]);
  });

  test('is recorded for its client if it gave up, or attached to another run', async () => {
    const { context, records, lines } = engineFor(waiting, `wr-${key}`);
    await context.run(wait({ status: 'completed', startedAs: `${key}.other` }));
    expect(records.state.ended).toMatchObject([{ id, kind: 'rotate', startedAs: `${key}.other` }]);
    expect(lines).toMatchObject([{ audit: 'run.end.succeeded', operation: id, startedAs: `${key}.other` }]);
  });
});

describe('the end of a sweep', () => {
  const sweep = { sweep: 'mm7psd4w00k1v7x', actor: 'sweep' };
  const outcome = { ...NOTHING_SWEPT, endedAt: END, left: 3 };

  test('is one line, and a warning if the sweep was stopped', async () => {
    const { context, lines } = engineFor(sweep, 'rotation-sweep');
    await context.run(recordedSweep(ending(outcome)));

    await context.run(recordedSweep(ending({ ...outcome, stopped: { reason: 'r', restsUntil: END } })));

    expect(lines).toMatchObject([
      { level: 'info', audit: 'run.end.succeeded', operation: 'rotation-sweep.mm7psd4w00k1v7x', left: 3 },
      { level: 'warning', audit: 'run.end.failed', code: 'stopped' },
    ]);
  });

  test('stays its outcome, with the time until which sweeps pause, if the line cannot be written', async () => {
    const { context, lines, asked } = engineFor(sweep, 'rotation-sweep', 100);
    const stopped = { ...outcome, stopped: { reason: 'r', restsUntil: END } };
    expect(await context.run(recordedSweep(ending(stopped)))).toEqual(stopped);
    expect([lines, asked]).toEqual([[], ['auditSweepEnd', 'auditSweepEnd', 'auditSweepEnd']]);
  });

  test('is written again if the process dies in the meantime', async () => {
    const { context, lines } = engineFor(sweep, 'rotation-sweep', 2);
    expect(await context.run(recordedSweep(ending(outcome)))).toEqual(outcome);
    expect(lines).toMatchObject([{ audit: 'run.end.succeeded' }]);
  });

  test('by an unexpected error stays that error, if the line cannot be written', async () => {
    const { context } = engineFor(sweep, 'rotation-sweep', 100);
    const crashing = recordedSweep(function* () {
      throw new TypeError('the cause');
    });
    await expect(context.run(crashing)).rejects.toThrow('the cause');
  });

  test('is not recorded if it continues as new', async () => {
    const { context, asked } = engineFor(sweep, 'rotation-sweep');
    await context.run(recordedSweep(ending(undefined)));
    expect(asked).toEqual([]);
  });
});

describe('the end of the start of a profile’s clients', () => {
  const input = { run: 'mm7psd4w00k1v7x', actor: 'event' };
  const outcome = { ...NOTHING_STARTED, started: 2, endedAt: END, notStarted: [] };

  test('is one line, and a warning that names the clients if some were not started', async () => {
    const { context, lines } = engineFor(input, 'profile-0123456789abcdef');
    await context.run(recordedProfile(ending(outcome)));
    await context.run(recordedProfile(ending({ ...outcome, notStarted: ['a-client'] })));
    expect(lines).toMatchObject([
      { level: 'info', audit: 'run.end.succeeded', started: 2, left: 0 },
      { level: 'warning', audit: 'run.end.failed', code: 'not-started', left: 1, clients: ['a-client'] },
    ]);
  });

  test('is a warning after an internal error', async () => {
    const { context, lines } = engineFor(input, 'profile-0123456789abcdef');
    const crashing = recordedProfile(function* () {
      throw new TypeError('x');
    });
    await expect(context.run(crashing)).rejects.toThrow('x');
    expect(lines).toMatchObject([{ level: 'warning', audit: 'run.end.failed', code: 'internal' }]);
  });
});
