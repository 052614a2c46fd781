import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { isYounger } from '../../domain/times/isYounger.js';
import { CHECK } from '../../domain/check/checkRun.js';
import type { RunBrief } from '../../domain/fleet/runBriefs.js';
import { allRunPrefixes, clientRunPrefixes } from '../../domain/operations/runPrefixes.js';
import { START_WHEN_FREE } from '../../domain/operations/waitingRun.js';
import { eachOf } from '../../queries/eachOf.js';
import type { InstancePages, InstanceQuery } from './instancePages.js';
import { kindOfWaiting, operationSummaryOf } from './operationView.js';
import { operationKind, readRun, type RunStatus } from './runStatus.js';
import { pagesOf } from '../../queries/pagesOf.js';

/** Instances in one page of the engine. */
const PAGE = 250;

/**
 * Maximum pages of older instances that one reading reads: they come in by and by, and answers do not wait for them.
 */
const PAGES_OF_THE_PAST = 20;

/** Milliseconds after which older instances are read again, to forget those that were purged. */
const PAST_EVERY = 3_600_000;

/**
 * Milliseconds before its beginning from which the first reading lists all new instances: failures of a day are
 * counted.
 */
const FIRST_SPAN = 86_400_000 + 60_000;

/** Milliseconds by which the clocks of the app and the engine may differ. */
const CLOCKS_DIFFER = 120_000;

/** Maximum runs that have left the list of those in progress and are read one by one in one reading. */
const MAX_SINGLE_READS = 300;

/** Maximum runs that are kept. Of more, older ones that have ended are left out. */
const MAX_KEPT = 40_000;

/** Runtime statuses of instances that have not ended. */
const IN_PROGRESS = ['Pending', 'Running', 'Suspended'];

interface KeptRun extends RunBrief {
  /** When its instance was created (ISO 8601). */
  readonly created: string;
}

/** Position in the listing of older instances. */
interface Past {
  readonly startedAt: number;
  readonly prefixes: string[];
  continuation?: string;
  readonly seen: Set<string>;
}

/**
 * The runs that the engine has, in brief. A reading asks the engine for what began since the last one and for what is
 * in progress, so that it costs little however many runs there are; nothing is asked of Azure Resource Manager.
 */
export class FleetRuns {
  /** By instance. */
  readonly #runs = new Map<string, KeptRun>();
  #listedUntil: number | undefined;
  #past: Past | undefined;
  #pastReadAt: number | undefined;
  #version = 0;

  /** @param registries names of the registries in the settings */
  constructor(private readonly registries: readonly string[]) {}

  /** All runs that are known, by the last reading. */
  get runs(): Iterable<RunBrief> {
    return this.#runs.values();
  }

  /** Changes whenever a run does. */
  get version(): number {
    return this.#version;
  }

  /** Reads what has changed. One reading at a time. @throws Error if the engine does not answer */
  async read(pages: InstancePages, client: DurableClient): Promise<void> {
    const now = Date.now();
    // After a clock was set back it is unknown when the last reading was, so this one reads as the first does.
    const until = this.#listedUntil ?? Infinity;
    const createdFrom = new Date((until <= now ? until : now - FIRST_SPAN) - CLOCKS_DIFFER).toISOString();
    await this.#list(pages, { createdFrom });
    const inProgress = await this.#list(pages, { runtimeStatuses: IN_PROGRESS });
    const gone = [...this.#runs].flatMap(([instance, { status }]) =>
      status === 'running' && !inProgress.has(instance) ? [instance] : [],
    );
    await eachOf(gone.slice(0, MAX_SINGLE_READS), async (instance) => {
      const run = await readRun(client, instance);
      if (run) this.#note(run);
      else this.#forget(instance);
    });
    this.#listedUntil = now;
    await this.#readPast(pages, now);
  }

  /** Lists runs of all kinds. @returns the ids of their instances */
  async #list(pages: InstancePages, query: Pick<InstanceQuery, 'createdFrom' | 'runtimeStatuses'>) {
    const found = new Set<string>();
    await eachOf(allRunPrefixes(this.registries), async (prefix) => {
      for await (const page of pagesOf((continuation) => pages({ prefix, top: PAGE, ...query, continuation })))
        for (const run of page.runs) {
          found.add(run.instance);
          this.#note(run);
        }
    });
    return found;
  }

  /** Runs about clients only: of checks, the last day is enough. */
  async #readPast(pages: InstancePages, now: number): Promise<void> {
    if (this.#past === undefined) {
      if (isYounger(this.#pastReadAt, PAST_EVERY, now)) return;
      this.#past = { startedAt: now, prefixes: clientRunPrefixes(this.registries), seen: new Set() };
    }
    const past = this.#past;
    for (let read = 0; read < PAGES_OF_THE_PAST; read += 1) {
      const [prefix] = past.prefixes;
      if (prefix === undefined) {
        this.#forgetUnseen(past);
        this.#past = undefined;
        this.#pastReadAt = now;
        return;
      }
      const { continuation } = past;
      const page = await pages({ prefix, top: PAGE, ...(continuation === undefined ? {} : { continuation }) });
      for (const run of page.runs) {
        past.seen.add(run.instance);
        this.#note(run);
      }
      if (page.continuation === undefined) {
        past.prefixes.shift();
        delete past.continuation;
      } else past.continuation = page.continuation;
    }
  }

  /** What the listing of older instances did not have was purged, unless it was created since. */
  #forgetUnseen({ startedAt, seen }: Past): void {
    for (const [instance, { created, kind }] of this.#runs)
      if (!seen.has(instance) && kind !== CHECK && Date.parse(created) < startedAt - CLOCKS_DIFFER)
        this.#forget(instance);
    const dayBefore = startedAt - FIRST_SPAN;
    for (const [instance, { kind, endedAt }] of this.#runs)
      if (kind === CHECK && endedAt !== undefined && Date.parse(endedAt) < dayBefore) this.#forget(instance);
  }

  #note(status: RunStatus): void {
    const brief = briefOf(status);
    if (brief === undefined) return this.#forget(status.instance);
    const known = this.#runs.get(status.instance);
    if (known === undefined && this.#runs.size >= MAX_KEPT && brief.status !== 'running') return;
    if (known && known.operation === brief.operation && known.status === brief.status) return;
    this.#runs.set(status.instance, brief);
    this.#version += 1;
  }

  #forget(instance: string): void {
    if (this.#runs.delete(instance)) this.#version += 1;
  }
}

/** Undefined for what is no operation, and for a run that waited and has an instance of its own by now. */
function briefOf(status: RunStatus): KeptRun | undefined {
  if (status.outcome?.startedAs !== undefined) return undefined;
  const kind = status.kind === START_WHEN_FREE ? kindOfWaiting(status) : operationKind(status.kind);
  if (kind === undefined) return undefined;
  const { id, status: state, startedAt, endedAt, failure } = operationSummaryOf(status, kind);
  return {
    ...(kind === CHECK ? {} : { key: clientKey(status.input.request) }),
    operation: id,
    kind,
    status: state,
    ...(failure ? { code: failure.code } : {}),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    created: status.created,
  };
}
