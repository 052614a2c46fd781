import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../harness/appClient.js';
import { FAULTS } from './faultKinds.js';
import type { Choice } from './choices.js';
import { Lane, type LaneOptions } from './lane.js';
import { alone, together } from './strikes.js';
import { brokenOf, tableOf } from './table.js';
import { callsOfApp, type CallSite, type Struck, type Trial, type TrialEnd } from './trials.js';

/** What a matrix strikes the calls of, on stacks of its own. */
export interface Subject {
  readonly title: string;
  readonly on: (lane: Lane) => Struck;
  readonly lane: LaneOptions;
  /** Words of the table for how trials end. */
  readonly words?: Partial<Record<Operation['status'], string>>;
  /** A run that makes fewer calls was not recorded. */
  readonly minCalls: number;
  /** Which trials to run, where it differs from the other subjects. */
  readonly choose?: Choice;
}

export interface MatrixOptions {
  /** What holds after every trial; the end of the test's name. */
  readonly invariant: string;
  /** Stacks of each subject that work beside each other: a call that does not tell whose it is needs one to itself. */
  readonly lanes: number;
  /** Which trials to run. */
  readonly choose: Choice;
  /** 2 by default: a call that depends on when the connected registry syncs is in one of them only. */
  readonly recordings?: 1 | 2;
  /**
   * Whether the subjects take turns on the stacks of the first, whose lane options hold for all. By default each has
   * its own.
   */
  readonly sharing?: boolean;
}

const AT_ONCE = 24;

interface OnboardingOptions extends Omit<MatrixOptions, 'invariant'> {
  readonly title: string;
  readonly breaking: boolean;
  readonly adopting?: boolean;
}

/** What holds after every trial of an onboarding or of its undo. */
export const ONBOARDING_INVARIANT = 'the client is onboarded, or all of ours is gone or listed';

/** The matrix of onboardings; when `breaking`, of their undo. */
export function faultMatrix({ title, breaking, adopting = false, ...options }: OnboardingOptions): void {
  const invariant = ONBOARDING_INVARIANT;
  matrixOf([{ title, on: (lane) => lane, lane: { breaking, adopting }, minCalls: 10 }], { invariant, ...options });
}

/**
 * Tests of a matrix for each subject, beside each other: every call that a recorded run makes, times every fault; the
 * invariants are checked after each.
 */
export function matrixOf(subjects: readonly Subject[], options: MatrixOptions): void {
  const titles = subjects.map(({ title }) => title).join(', ');
  let matrices: Matrix[] = [];
  const each = async <T>(work: (matrix: Matrix) => Promise<readonly T[]>): Promise<T[]> => {
    if (!options.sharing) return (await Promise.all(matrices.map(work))).flat();
    const results: T[] = [];
    for (const matrix of matrices) results.push(...(await work(matrix)));
    return results;
  };

  beforeAll(async () => {
    const open = async (subject: Subject): Promise<Matrix> =>
      new Matrix(subject, options, await openLanes(subject, options.lanes));
    if (options.sharing) {
      const [first] = subjects;
      const lanes = first ? await openLanes(first, options.lanes) : [];
      matrices = subjects.map((subject) => new Matrix(subject, options, lanes));
    } else matrices = await Promise.all(subjects.map(open));
  }, 900_000);
  afterAll(async () => {
    const lanes = new Set(matrices.flatMap((matrix) => matrix.lanes));
    await Promise.all([...lanes].map((lane) => lane.close()));
  }, 600_000);

  test(`${titles}: the line carries every call that the control plane counts`, async () => {
    for (const { carried, counted } of await each(async (matrix) => [await matrix.record()]))
      expect(carried).toBe(counted);
    for (const { sites, subject } of matrices) expect(sites.length).toBeGreaterThan(subject.minCalls);
  }, 900_000);

  test(`${titles}: whatever call fails, and however, ${options.invariant}`, async () => {
    const ends = await each((matrix) => matrix.strike());
    expect(brokenOf(ends)).toEqual([]);
    expect(ends).toHaveLength(matrices.reduce((sum, { trials }) => sum + trials.length, 0));
  }, 600_000);

  test(`${titles}: in the end nothing is left to mend, nothing that others had was touched, and no password stands outside the vault`, async () => {
    expect(await each((matrix) => matrix.afterwards())).toEqual([]);
  }, 900_000);
}

function openLanes({ title, lane }: Subject, count: number): Promise<Lane[]> {
  const prefix = title.replaceAll(' ', '-');
  return Promise.all(Array.from({ length: count }, (_, n) => Lane.open(`${prefix}-${n}`, lane)));
}

/** One subject on its stacks; it records on the first. */
class Matrix {
  sites: readonly CallSite[] = [];
  private readonly struck: readonly Struck[];

  constructor(
    readonly subject: Subject,
    private readonly options: MatrixOptions,
    readonly lanes: readonly Lane[],
  ) {
    this.struck = lanes.map(subject.on);
  }

  get trials(): readonly Trial[] {
    const choose = this.subject.choose ?? this.options.choose;
    return choose(this.sites.flatMap((site) => FAULTS.map((fault): Trial => ({ site, fault }))));
  }

  /** @returns how many calls the line carried in that time, and how many the control plane counted. */
  async record(): Promise<{ carried: number; counted: number }> {
    const { lane, recorder } = this.#first();
    const { stack } = lane.it;
    const requests = `${stack.endpoints.azure.arm}/_control/requests`;
    await stack.controlPlane.https(requests, { method: 'DELETE' });
    const before = lane.line.carried;
    let recorded = await recorder.record();
    for (let again = 1; again < (this.options.recordings ?? 2); again += 1) {
      // From new, so that what the app keeps for a minute is a call, too.
      await lane.it.crashHost();
      const next = await recorder.record();
      recorded = recorded.filter(({ key, nth }) => next.some((site) => site.key === key && site.nth === nth));
    }
    const { body } = await stack.controlPlane.https(requests);
    const asked = recorded.findIndex(({ key }) => key.endsWith('PullCheckRequested'));
    this.sites = lane.isBreaking ? recorded.slice(asked + 1) : recorded;
    return { carried: lane.line.carried - before, counted: callsOfApp(body) };
  }

  async strike(): Promise<TrialEnd[]> {
    const { trials, struck, subject } = this;
    const { recorder } = this.#first();
    const queue = trials.filter(({ site }) => !site.isOwn);
    const own = trials.filter(({ site }) => site.isOwn);
    const worked = await Promise.all([
      together(recorder, own, AT_ONCE).then(async (done) => [...done, ...(await alone(recorder, queue))]),
      ...struck.slice(1).map((other) => alone(other, queue)),
    ]);
    const ends = inOrder(trials, worked.flat());
    console.log(tableOf(subject.title, ends, subject.words));
    return ends;
  }

  async afterwards(): Promise<string[]> {
    const unmended = await Promise.all(this.struck.map(async (one) => (await one.afterwards?.()) ?? []));
    const unclean = await Promise.all(this.lanes.map((lane) => lane.unclean()));
    return [...unmended, ...unclean].flat().map((wrong) => `${this.subject.title}: ${wrong}`);
  }

  #first(): { lane: Lane; recorder: Struck } {
    const [lane] = this.lanes;
    const [recorder] = this.struck;
    if (!lane || !recorder) throw new Error('There is a lane.');
    return { lane, recorder };
  }
}

function inOrder(trials: readonly Trial[], ends: readonly TrialEnd[]): TrialEnd[] {
  return trials.flatMap((trial) => ends.filter(({ site, fault }) => site === trial.site && fault === trial.fault));
}
