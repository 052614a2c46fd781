/**
 * What the host gives to an extension that has triggers of its own kind and a webhook (the durable engine), and what it asks
 * of it. `durable/extension.ts` exports `createDurableExtension(options: ExtensionOptions): Promise<DurableExtension>`.
 */
import type { HostClock } from './hostClock.js';
import type { HostJson } from './config/hostJson.js';
import type { HostKeys } from './http/keys.js';
import type { HostLog } from './log/log.js';
import type { LoadedApp, RpcBindingInfo } from './worker/app.js';

/** A request as the web server hands it on: path and query as sent, body whole. */
export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True when it came by the loopback address without a key (the client binding's rpcBaseUrl, path `/durabletask/...`). */
  readonly viaRpc: boolean;
}

/** An answer to it. */
export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ExtensionOptions {
  readonly app: LoadedApp;
  /** Where its code is. */
  readonly appDir: string;
  readonly hostJson: HostJson;
  readonly dataDir: string;
  readonly clock: HostClock;
  /** Rooted at category `Host.Triggers.DurableTask`. */
  readonly log: HostLog;
  readonly keys: HostKeys;
  /** The public address, `http://localhost:N`; known once the server listens (before `start`). */
  readonly baseUrl: () => string;
  /** `http://127.0.0.1:P/durabletask/`: the same management API without a key, on a loopback port of its own. */
  readonly rpcBaseUrl: () => string;
  /** What the real host does quietly wrong is an error. */
  readonly strict: boolean;
}

export interface DurableExtension {
  /** The JSON text that a durableClient input gets. */
  clientBinding(binding: RpcBindingInfo): string;
  /** Answers /runtime/webhooks/durabletask/* (after the key check) and /durabletask/* (viaRpc). */
  handleHttp(request: WebRequest): Promise<WebAnswer>;
  /** Takes up stored work and begins to dispatch. */
  start(): Promise<void>;
  /** Stops taking new work, waits for running turns and activities (bounded), closes the store. */
  stop(): Promise<void>;
}
