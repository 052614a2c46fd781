/** Reads what the app writes of its turns (see app/turnLog.ts). */
import { open, type FileHandle } from 'node:fs/promises';

export interface Turn {
  type: string;
  name: string;
  in: { instanceId?: string; self?: { key: string }; history?: unknown[] } | null;
  out?: unknown;
  error?: unknown;
}

/** The instance that a turn belongs to; an entity by its key. */
export const instanceOf = (turn: Turn): string => turn.in?.instanceId ?? turn.in?.self?.key ?? '';

/** Follows the file; reads only what is new. */
export class TurnReader {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #position = 0;
  #rest = '';
  #reading: Promise<void> = Promise.resolve();
  readonly #last = new Map<string, Turn>();

  constructor(file: string) {
    this.#file = file;
  }

  /** The last turn of each instance of a case. */
  async of(id: string): Promise<Turn[]> {
    this.#reading = this.#reading.then(() => this.#read());
    await this.#reading;
    return [...this.#last].flatMap(([instance, turn]) =>
      instance === id || instance.startsWith(`${id}-`) ? [turn] : [],
    );
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #read(): Promise<void> {
    this.#handle ??= await open(this.#file, 'a+');
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.alloc(1 << 20), 0, 1 << 20, this.#position);
      if (bytesRead === 0) return;
      // A character may be cut at the end of a read; lines are cut off before it.
      const end = buffer.lastIndexOf(0x0a, bytesRead - 1) + 1;
      if (end === 0 && bytesRead < 1 << 20) return;
      const lines = (this.#rest + buffer.toString('utf8', 0, end === 0 ? bytesRead : end)).split('\n');
      this.#position += end === 0 ? bytesRead : end;
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') continue;
        const turn = JSON.parse(line) as Turn;
        this.#last.set(instanceOf(turn), turn);
      }
    }
  }
}
