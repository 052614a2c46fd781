/** What a Functions host is to run, and where. */
export interface HostOrder {
  /** Folder of the compiled app. */
  app: string;
  port: number;
  /**
   * Folder for everything that the host keeps; `keys.json` {function, eventGrid, ...} is written into it, and its
   * folder `azurite` is where the storage emulator keeps queues, tables and blobs.
   */
  data: string;
  /** Environment of the app. */
  env: Readonly<Record<string, string>>;
}

/** Microsoft's own Functions host with our app on it. */
export interface FunctionsHost {
  /** Ends host and app with SIGKILL. */
  kill(): Promise<void>;
  /** Starts them again after a kill; waits until they serve. */
  startAgain(): Promise<void>;
  /** Ends host, app and storage so that the storage's files hold everything that was stored. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * After a kill, work goes on when its messages become visible again in the task hub's queues; this is the least that
 * Azure Storage's provider allows (Azure docs: durable-functions-bindings, host.json settings).
 */
export const VISIBILITY = '00:01:00';
