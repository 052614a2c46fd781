import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const module = z.object({ settingsSchema: z.object({ shape: z.record(z.string(), z.unknown()) }) });
/** Read by the app before its schema, or by the platform and its libraries. */
const OTHERS =
  /^(PROFILES_FILE|APPLICATIONINSIGHTS_|AZURE_|WEBSITE_|AzureWebJobs|AzureFunctionsJobHost__|DURABLE_|NODE_|OTEL_)/;

/** Those of `names` that are not in the app's schema, which are probably typing errors. */
export async function unknownSettings(names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const loaded: unknown = await import(
    pathToFileURL(join(projectRoot(), 'dist', 'src', 'settings', 'settingsSchema.js')).href
  );
  const { shape } = module.parse(loaded).settingsSchema;
  return names.filter((name) => !(name in shape) && !OTHERS.test(name));
}
