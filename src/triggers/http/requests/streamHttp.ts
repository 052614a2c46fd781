import { createRequire } from 'node:module';
import functions from '@azure/functions';
import { pairRequests, type ProgrammingModel } from './requestPairing.js';

/**
 * Makes the host pass requests as streams. Otherwise it reads up to 100 MB of each into memory before the app can
 * refuse it (docs/decisions/0027-request-bodies-are-streamed.md). Call it while the app loads, after a function was
 * registered: only then does the worker know the SDK.
 */
export function streamHttp(): void {
  functions.app.setup({ enableHttpStream: true });
  const model = programmingModel();
  if (model) pairRequests(model);
}

/** The programming model that the SDK registered with the worker; undefined without a worker, as in tests. */
function programmingModel(): ProgrammingModel | undefined {
  let loaded: unknown;
  try {
    // The worker provides this module; no package has it.
    loaded = createRequire(import.meta.url)('@azure/functions-core');
  } catch {
    return undefined;
  }
  if (typeof loaded !== 'object' || loaded === null || !('getProgrammingModel' in loaded)) return undefined;
  const { getProgrammingModel } = loaded;
  if (typeof getProgrammingModel !== 'function') return undefined;
  // The worker publishes no type declaration.
  return getProgrammingModel.call(loaded) as ProgrammingModel;
}
