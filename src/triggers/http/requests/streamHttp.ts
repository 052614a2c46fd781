import { createRequire } from 'node:module';
import functions from '@azure/functions';
import { pairRequests, type ProgrammingModel } from './requestPairing.js';

/**
 * Has the host hand requests on as streams, in place of reading up to 100 MB of each into memory before anybody has looked
 * at it (docs/decisions/0027-bodies-come-as-streams.md). To be called while the
 * app loads, after a function was registered: only then does the worker know the SDK.
 */
export function streamHttp(): void {
  functions.app.setup({ enableHttpStream: true });
  const model = programmingModel();
  if (model) pairRequests(model);
}

/** The model that the SDK has registered with the worker; undefined where no worker runs the app, as in tests. */
function programmingModel(): ProgrammingModel | undefined {
  let loaded: unknown;
  try {
    // Provided by the worker alone; it is in no package.
    loaded = createRequire(import.meta.url)('@azure/functions-core');
  } catch {
    return undefined;
  }
  if (typeof loaded !== 'object' || loaded === null || !('getProgrammingModel' in loaded)) return undefined;
  const { getProgrammingModel } = loaded;
  if (typeof getProgrammingModel !== 'function') return undefined;
  // The worker's own type, of which no declaration is published.
  return getProgrammingModel.call(loaded) as ProgrammingModel;
}
