import type { Readable } from 'node:stream';

/** Where text goes. `columns` is undefined where there is no terminal. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Where the system keeps secrets of the signed-in user, each by a name. */
export interface KeyStore {
  /** Undefined if there is none of this name. */
  read(name: string): string | undefined;
  write(name: string, key: string): void;
  remove(name: string): void;
}

/** Everything outside of the program, so that tests can replace each part. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  /** Data only. */
  readonly stdout: TextSink;
  /** Words: progress, questions, warnings, errors. */
  readonly stderr: TextSink;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  readonly fetch: typeof fetch;
  /** Loads what opens the key store: few callers need it. */
  openKeyStore(): Promise<KeyStore>;
  /** Milliseconds since 1970. */
  now(): number;
  /** @throws if the signal is aborted first */
  sleep(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}
