import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULTS } from './faultKinds.js';
import { Lane, type CallSite, type Trial, type TrialEnd } from './lane.js';
import { brokenOf, tableOf } from './table.js';

export interface MatrixOptions {
  readonly title: string;
  /** Stacks that work beside each other: a call that does not tell whose it is needs one to itself. */
  readonly lanes: number;
  /** Whether every pull check fails, so that the calls of the undo are what is struck. */
  readonly breaking: boolean;
  /** Whether the tokens are there before, with another scope map and a password of others. */
  readonly adopting?: boolean;
  /** Which trials to run. */
  readonly choose: (trials: readonly Trial[]) => readonly Trial[];
}

const AT_ONCE = 24;

/** Tests of one matrix: every call that a recorded run makes, times every fault; the promises are looked at after each. */
export function faultMatrix({ title, lanes: count, breaking, adopting = false, choose }: MatrixOptions): void {
  let lanes: Lane[] = [];
  let sites: CallSite[] = [];

  beforeAll(async () => {
    lanes = await Promise.all(Array.from({ length: count }, (_, n) => Lane.open(`lane${n}`, { breaking, adopting })));
  }, 120_000);
  afterAll(() => Promise.all(lanes.map((lane) => lane.close())), 60_000);

  test(`${title}: the line carries every call that the control plane counts`, async () => {
    const { recorder } = laneOf(lanes);
    const { stack } = recorder.it;
    const requests = `${stack.endpoints.azure.arm}/_control/requests`;
    await stack.controlPlane.https(requests, { method: 'DELETE' });
    // Twice, from new: a call that depends on when the connected registry syncs is in one of them only.
    const first = await recorder.record();
    await recorder.it.crashHost();
    const second = await recorder.record();
    const recorded = first.filter(({ key, nth }) => second.some((site) => site.key === key && site.nth === nth));
    const { body } = await stack.controlPlane.https(requests);
    expect(recorder.line.calls).toHaveLength(callsOfApp(body));
    const asked = recorded.findIndex(({ key }) => key.endsWith('PullCheckRequested'));
    sites = breaking ? recorded.slice(asked + 1) : recorded;
    expect(sites.length).toBeGreaterThan(10);
  });

  test(`${title}: whatever call fails, and however, the client is onboarded, or all of ours is gone or listed`, async () => {
    const { recorder, others } = laneOf(lanes);
    const trials = choose(sites.flatMap((site) => FAULTS.map((fault): Trial => ({ site, fault }))));
    const queue = trials.filter(({ site }) => !site.isOwn);
    const own = trials.filter(({ site }) => site.isOwn);
    const worked = await Promise.all([
      recorder.together(own, AT_ONCE).then(async (done) => [...done, ...(await recorder.alone(queue))]),
      ...others.map((lane) => lane.alone(queue)),
    ]);
    const ends = inOrder(trials, worked.flat());
    console.log(tableOf(title, ends));
    expect(brokenOf(ends)).toEqual([]);
    expect(ends).toHaveLength(trials.length);
  }, 600_000);

  test(`${title}: nothing that others had was touched, and no password stands outside the vault`, async () => {
    expect((await Promise.all(lanes.map((lane) => lane.unclean()))).flat()).toEqual([]);
  }, 60_000);
}

/** All trials of calls that tell whose they are, and of the client list's replacement; of the others two faults each, in turn. */
export function representative(trials: readonly Trial[]): readonly Trial[] {
  const sites = [...new Set(trials.map(({ site }) => site))];
  return trials.filter(({ site, fault }) => {
    if (site.isOwn || site.key.startsWith('PATCH ')) return true;
    return (FAULTS.indexOf(fault) + sites.indexOf(site)) % 4 === 0;
  });
}

/** Of the calls that tell whose they are: what is worst for an effect that must be found again. */
export function worst(trials: readonly Trial[]): readonly Trial[] {
  return trials.filter(({ site, fault }) => site.isOwn && ['reply lost', '403', 'killed after'].includes(fault));
}

function laneOf(lanes: readonly Lane[]): { recorder: Lane; others: readonly Lane[] } {
  const [recorder, ...others] = lanes;
  if (!recorder) throw new Error('There is a lane.');
  return { recorder, others };
}

function inOrder(trials: readonly Trial[], ends: readonly TrialEnd[]): TrialEnd[] {
  return trials.flatMap((trial) => ends.filter(({ site, fault }) => site === trial.site && fault === trial.fault));
}

/** ARM, vault and topic, of the app's own identity. */
function callsOfApp(report: unknown): number {
  const { principals } = report as { principals: Record<string, Record<string, { total: number }>> };
  const { arm, vault, topic } = principals['app'] ?? {};
  return (arm?.total ?? 0) + (vault?.total ?? 0) + (topic?.total ?? 0);
}
