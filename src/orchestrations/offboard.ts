import type { OrchestrationContext } from 'durable-functions';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import type { StartedOffboarding } from '../domain/clients/clientRecord.js';
import type { OffboardingPlan } from '../domain/offboarding/offboardingPlan.js';
import type { OffboardingResult, OperationOutcome } from '../domain/operations/operation.js';
import type { Run } from '../domain/operations/run.js';
import { StepFailed, type Flow } from './run/flow.js';
import type { End } from './run/progressLog.js';
import { beginRun, type RunContext } from './run/runContext.js';
import { ClientRecords } from './steps/clientRecord.js';
import { Removal } from './steps/removal.js';
import { clientUnknown } from './steps/unknownClient.js';

/** The residue of a run that took nothing away. */
const NOTHING_READ = 'unknown: what the client has could not be read; send the same request again';

/**
 * Removes everything that this app made for a client of a connected registry: binding, token, scope map, secrets. It
 * also works for a client of which only parts exist, or nothing. Once it has started it is not cancelled, since what it
 * removes cannot be restored.
 */
export function* offboard(context: OrchestrationContext): Flow<OperationOutcome<OffboardingResult>> {
  const run = beginRun<Run>(context);
  try {
    return run.log.close(yield* offboardClient(run));
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    if (error.code === 'stale-event') return run.log.close({ status: 'rolledBack', failure: error.toFailure() });
    const residue = error.code === 'client-unknown' ? [] : [NOTHING_READ];
    return run.log.close({ status: 'failed', failure: error.toFailure(residue) });
  }
}

function* offboardClient(run: RunContext<Run>): Flow<End<OffboardingResult>> {
  const {
    tokens,
    dangling,
    scopeMaps,
    secrets,
    claims,
    isKnown,
    ended = [],
    access,
  } = yield* run.step('plan', () => plan(run));
  // The device that was meant has another name, and keeps what it has.
  if (!isKnown) throw yield* clientUnknown(run, 'Nothing was taken away.');

  const removal = new Removal(run);
  removal.took(ended);
  for (const token of tokens) yield* removal.token(token);
  for (const name of dangling) yield* removal.binding({ name, bound: true });
  yield* removal.access(access);
  if (!removal.hasTakenAll) {
    removal.keep(scopeMaps.map((name) => `scope map ${name}: it stays while a token has it`));
    removal.keep(secrets.map(({ name }) => `secret ${name}: it stays until what its tags name is gone`));
    return removal.end();
  }
  for (const scopeMap of scopeMaps) yield* removal.scopeMap(scopeMap, tokens);
  for (const secret of secrets) yield* removal.secret(secret);
  if (removal.hasTakenAll) yield* removal.record(claims);
  return removal.end();
}

/** Checks that the run may begin, and reads what the client has. */
function* plan(run: RunContext<Run>): Flow<OffboardingPlan & Pick<StartedOffboarding, 'isKnown' | 'ended' | 'access'>> {
  const { isKnown, ended, access, vault: _vault, ...recorded } = yield* new ClientRecords(run).beginOffboarding();
  const reference = referenceOf(run.input.request);
  const found = yield* run.activities.planOffboarding({ reference, ...recorded });
  const known = { ...(ended ? { ended } : {}), ...(access === undefined ? {} : { access }) };
  return { ...found, isKnown: isKnown || found.isThere, ...known };
}
