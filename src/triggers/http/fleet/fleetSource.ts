import type { InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { SnapshotProblem } from '@connected-registry/protocol/answers/fleetAnswers';
import type { FleetFacts } from '../../../domain/fleet/fleetFacts.js';
import { countRuns, lastRuns, type RunCounts } from '../../../domain/fleet/runBriefs.js';
import type { LastRun } from '@connected-registry/protocol/answers/fleetAnswers';
import type { ReadFleet } from '../../../queries/fleet/readFleet.js';
import { createSnapshot, type Held } from '../../../queries/snapshot.js';
import { errorPlace } from '../../../serviceErrors/errorPlace.js';
import { ServiceError } from '../../../serviceErrors/serviceError.js';
import type { Config } from '../../../settings/config.js';
import { FleetRuns } from '../../durable/fleetRuns.js';
import { instancePages, listedInstances } from '../../durable/instancePages.js';
import { OpenRollouts } from '../../durable/openRollouts.js';
import type { RolloutState } from '../../durable/rollouts/rollouts.js';

/** Milliseconds between readings of runs and rollouts, which ask the engine alone. */
const RUNS_FRESH_FOR = 10_000;

/** Milliseconds that a request waits for the first reading, and for one after nobody has asked for long. */
const PATIENCE = 20_000;

/** Milliseconds of age after which a request waits for the next reading, at least. */
const MIN_USABLE_FOR = 5 * 60_000;

/** The runs and rollouts, as one reading shows them. */
export interface RunsFacts extends RunCounts {
  /** Equal if `lastRuns` has not changed. */
  readonly version: number;
  /** By the client's key. */
  readonly lastRuns: ReadonlyMap<string, LastRun>;
  /** The open ones, the newest first. */
  readonly rollouts: readonly RolloutState[];
}

/** What is known of the fleet. */
export interface KnownFleet {
  readonly fleet: Held<FleetFacts>;
  readonly runs: Held<RunsFacts>;
  readonly problems: readonly SnapshotProblem[];
}

/** What a reading needs of a request: its client of the engine. */
interface Asking {
  readonly client: DurableClient;
  readonly context: Pick<InvocationContext, 'options' | 'extraInputs'>;
}

/** Gives what is known of the fleet, and has it read if that is due. @throws NotReadYet, ServiceError */
export type FleetSource = (asking: Asking) => Promise<KnownFleet>;

/**
 * Creates the snapshots of the fleet, which all requests to this instance of the app share. Clients and connected
 * registries come from Azure, once in INVENTORY_CACHE_SECONDS; runs and rollouts come from the engine.
 *
 * @param warn writes a line to the log: a reading outlives the request that began it
 */
export function createFleetSource(
  config: Pick<Config, 'registries' | 'inventoryCacheSeconds'>,
  readFleet: ReadFleet,
  warn: (line: string) => void,
): FleetSource {
  const freshFor = config.inventoryCacheSeconds * 1000;
  const usableFor = Math.max(MIN_USABLE_FOR, 3 * freshFor);
  const reporting = async <T>(part: string, reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      warn(JSON.stringify({ event: 'fleet.readingFailed', part, ...reasonOf(error) }));
      throw error;
    }
  };
  const clients = createSnapshot<FleetFacts, undefined>((_source, before) => reporting('clients', readFleet(before)), {
    freshFor,
    usableFor,
    patience: PATIENCE,
  });
  const known = new FleetRuns(config.registries.map(({ name }) => name));
  const open = new OpenRollouts();
  const runs = createSnapshot<RunsFacts, Asking>(
    (asking, before) => reporting('runs', readRuns(known, open, asking, before)),
    {
      freshFor: RUNS_FRESH_FOR,
      usableFor: MIN_USABLE_FOR,
      patience: PATIENCE,
    },
  );
  return async (asking) => {
    const [fleet, ofRuns] = await Promise.all([clients(undefined), runs(asking)]);
    return { fleet, runs: ofRuns, problems: problemsOf(fleet, ofRuns) };
  };
}

async function readRuns(
  known: FleetRuns,
  open: OpenRollouts,
  { client, context }: Asking,
  before: RunsFacts | undefined,
): Promise<RunsFacts> {
  await known.read(instancePages(context), client);
  const rollouts = await open.read(listedInstances(context), client);
  const { version } = known;
  return {
    ...countRuns(known.runs, new Date()),
    version,
    lastRuns: before?.version === version ? before.lastRuns : lastRuns(known.runs),
    rollouts,
  };
}

/** For the log: an unexpected error's message may quote anything. */
function reasonOf(error: unknown): object {
  return error instanceof ServiceError ? { message: error.message } : errorPlace(error);
}

function problemsOf({ failed: ofClients }: Held<unknown>, { failed: ofRuns }: Held<unknown>): SnapshotProblem[] {
  return [
    ...(ofClients
      ? [
          {
            code: 'clients-not-read' as const,
            since: ofClients.since.toISOString(),
            message:
              ofClients.error instanceof ServiceError
                ? ofClients.error.message
                : 'The clients could not be read: see the log of the app.',
          },
        ]
      : []),
    ...(ofRuns
      ? [
          {
            code: 'runs-not-read' as const,
            since: ofRuns.since.toISOString(),
            message: 'The durable engine could not list its runs.',
          },
        ]
      : []),
  ];
}
