/** Starts the durable engine for an app that uses it, with its own loopback port for the client binding. */
import type { DurableExtension, ExtensionOptions } from './extension.js';
import { empty } from './http/answer.js';
import { durableAnswer } from './http/dispatch.js';
import { defaultBodyLimit } from './http/incoming.js';
import { listen } from './http/listener.js';
import type { LoadedApp } from './worker/app.js';

/** Options of the engine for tests and benchmarks. */
export interface DurableOptions {
  /** Keeps nothing on disk. */
  readonly inMemory?: boolean;
  /** Timers fire up to a second early, as in Azure Storage. */
  readonly earlyTimers?: boolean;
}

export interface HostedDurable {
  readonly extension: DurableExtension;
  /** Stops the engine, then its port. */
  stop(): Promise<void>;
}

const durableTypes = /^(durableClient|orchestrationClient|(orchestration|activity|entity)Trigger)$/i;

/** Whether an app needs the engine. */
export function usesDurable(app: LoadedApp): boolean {
  return [...app.functions.values()].some((fn) =>
    Object.values(fn.bindings).some(({ type }) => durableTypes.test(type)),
  );
}

/** @throws Error if the app's durable-functions speaks a protocol that this host does not */
function checkProtocol(app: LoadedApp): void {
  const bindings = [...app.functions.values()].flatMap((fn) => Object.values(fn.bindings));
  if (bindings.some((binding) => binding['durableRequiresGrpc'] === true))
    throw new Error(
      "The app's durable-functions requires gRPC, as version 4 does. This host speaks the protocol of version 3: npm install durable-functions@3",
    );
}

/** Opens the engine. It starts to work with `extension.start()`. */
export async function openDurable(
  options: Omit<ExtensionOptions, 'rpcBaseUrl'>,
  more: DurableOptions,
): Promise<HostedDurable> {
  checkProtocol(options.app);
  // Loaded on demand, so that apps without durable functions start without the engine.
  const { createDurableExtension } = await import('./durable/extension.js');
  const opened: { extension?: DurableExtension } = {};
  const rpc = await listen({
    port: 0,
    bodyLimit: defaultBodyLimit,
    log: options.log,
    handle: async (request) =>
      opened.extension === undefined || !/^\/durabletask\//i.test(request.path)
        ? empty(404)
        : durableAnswer(opened.extension, request, `http://${request.host}`, true),
  });
  const rpcBaseUrl = (): string => `http://127.0.0.1:${rpc.port}/durabletask/`;
  try {
    const extension = await createDurableExtension({ ...options, ...more, rpcBaseUrl });
    opened.extension = extension;
    return {
      extension,
      stop: async () => {
        await extension.stop();
        await rpc.close(0);
      },
    };
  } catch (error) {
    await rpc.close(0);
    throw error;
  }
}
