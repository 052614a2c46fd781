/**
 * The interface between the host and an extension with its own triggers and a webhook (the durable engine).
 * `durable/extension.ts` exports `createDurableExtension(options: ExtensionOptions): Promise<DurableExtension>`.
 */
import type { HostClock } from './hostClock.js';
import type { HostJson } from './config/hostJson.js';
import type { HostKeys } from './http/keys.js';
import type { HostLog } from './log/log.js';
import type { LoadedApp, RpcBindingInfo } from './worker/app.js';

/** A request as the web server passes it on: path and query as sent, the body complete. */
export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /**
   * True if it arrived on the loopback address without a key (the client binding's rpcBaseUrl, path
   * `/durabletask/...`).
   */
  readonly viaRpc: boolean;
}

/** The answer to a request. */
export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ExtensionOptions {
  readonly app: LoadedApp;
  /** The folder of its code. */
  readonly appDir: string;
  readonly hostJson: HostJson;
  readonly dataDir: string;
  readonly clock: HostClock;
  /** The logger of the category `Host.Triggers.DurableTask`. */
  readonly log: HostLog;
  readonly keys: HostKeys;
  /** The public address, `http://localhost:N`; known once the server listens (before `start`). */
  readonly baseUrl: () => string;
  /** `http://127.0.0.1:P/durabletask/`: the same management API without a key, on its own loopback port. */
  readonly rpcBaseUrl: () => string;
  /** Cases in which the real host fails silently are errors. */
  readonly strict: boolean;
}

export interface DurableExtension {
  /** The JSON text of a durableClient input. */
  clientBinding(binding: RpcBindingInfo): string;
  /** Answers /runtime/webhooks/durabletask/* (after the key check) and /durabletask/* (viaRpc). */
  handleHttp(request: WebRequest): Promise<WebAnswer>;
  /** Continues stored work and starts to dispatch. */
  start(): Promise<void>;
  /** Takes no more work, waits for running turns and activities (with a limit), and closes the store. */
  stop(): Promise<void>;
}
