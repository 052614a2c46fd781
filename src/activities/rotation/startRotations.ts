import type { Config } from '../../settings/config.js';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { channelOf } from '../../domain/profiles/profiles.js';
import { rotationFingerprint } from '@connected-registry/protocol/requests/rotationRequest';
import { ROTATE, type RotationRun } from '../../domain/operations/run.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { sweptRun } from '../../domain/rotation/sweep.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';

interface StartRotationsInput {
  readonly sweep: string;
  readonly actor: string;
  readonly clients: readonly ClientReference[];
  /** When the wave began (ISO 8601). */
  readonly at: string;
  readonly limits: RotationRun['limits'];
}

interface StartedRotations {
  /** Operations that were started; some may have ended. */
  readonly started: readonly string[];
  /** Number of clients that had another run. */
  readonly busy: number;
}

/** Starts a wave. A repetition recognises its own runs by their ids, including ended ones. */
export function startRotations(config: Pick<Config, 'profileBook'>) {
  return (input: StartRotationsInput, runs: Runs): Promise<StepOutcome<StartedRotations>> =>
    outcomeOf(async () => {
      const ids = await eachOf(input.clients, (client) => start(input, client, runs));
      const started = ids.filter((id) => id !== undefined);
      return done({ started, busy: ids.length - started.length });
    });

  async function start(
    { sweep, actor, at, limits }: StartRotationsInput,
    client: ClientReference,
    runs: Runs,
  ): Promise<string | undefined> {
    const reference = referenceOf(client);
    const id: OperationId = sweptRun(sweep, reference, new Date(at));
    if ((await runs.state(id)) !== 'unknown') return formatOperationId(id);
    const request = { ...reference, urgent: false };
    const run: RotationRun = {
      run: id.run,
      fingerprint: rotationFingerprint(request),
      requestedAt: at,
      actor,
      channel: channelOf(config.profileBook, request),
      request,
      limits,
    };
    const result = await runs.start(ROTATE, run);
    return result.kind === 'running' ? result.id : undefined;
  }
}
