import type { DurableExtension, ExtensionOptions } from './extension.js';

/** Loads the durable engine only for apps that use it. */
export async function createDurableExtension(options: ExtensionOptions): Promise<DurableExtension> {
  const where = './durable/extension.js';
  const loaded = (await import(new URL(where, import.meta.url).href)) as {
    createDurableExtension(options: ExtensionOptions): Promise<DurableExtension>;
  };
  return loaded.createDurableExtension(options);
}
