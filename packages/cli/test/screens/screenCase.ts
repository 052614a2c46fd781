import type { FakeApp } from '../fakes/fakeWorld.js';
import type { Answers } from './fakeServer.js';
import type { OnTerminal } from './terminal.js';

/** A command line, and what a person sees of it. */
export interface ScreenCase extends Pick<OnTerminal, 'typed' | 'moments'> {
  /**
   * Folder and name of the file in `golden`. Moments are beside it: `watch.half.txt`. What a moment waits for is all
   * that the command draws at once, since a terminal may get it in parts.
   */
  readonly name: string;
  readonly args: string;
  /** The exit code; 0 unless it says otherwise. */
  readonly code?: number;
  readonly answers?: Answers;
  /** Instead of answers: an app of its own for each screen. */
  readonly app?: () => FakeApp;
  /** In the folder in which the command runs, by name. `{URL}` is the address of the app. */
  readonly files?: Readonly<Record<string, string>>;
}
