import { describe, expect, it } from 'vitest';

import { crashHandler, type CrashOptions } from '../src/crashes.js';
import { RunningInvocations, WorkerExitError } from '../src/workerExit.js';

const ownFolder = '/host/dist';
const minutes = (count: number): number => count * 60_000;

function errorAt(file: string): Error {
  const error = new Error('out of reach');
  error.stack = `Error: out of reach\n    at work (${file}:1:1)`;
  return error;
}
const ofApp = errorAt('/app/index.cjs');

/** Handles errors at the given minutes; `went on` or the text with which the host ended for each. */
function handled(thrown: readonly (readonly [minute: number, thrown: unknown])[], more: Partial<CrashOptions> = {}) {
  const results: string[] = [];
  const logged: string[] = [];
  let time = 0;
  const crash = crashHandler({
    sink: ({ level, message }) => logged.push(`${level}: ${message}`),
    ownFolder,
    strict: false,
    failRunning: () => results.push('went on'),
    end: (text) => results.push(text),
    now: () => time,
    ...more,
  });
  for (const [minute, error] of thrown) {
    time = minutes(minute);
    crash(error);
  }
  return { results, logged };
}

const ended = expect.stringMatching(/^unhandled error, the host ends: Error: out of reach\n.*index\.cjs/) as string;

describe('an error that nobody can catch', () => {
  it('ends the host at the third time, each within half an hour of the one before', () => {
    const { results, logged } = handled([
      [0, ofApp],
      [29, undefined],
      [58, ofApp],
    ]);
    expect(results).toEqual(['went on', 'went on', ended]);
    expect(logged).toEqual([
      expect.stringMatching(
        /^critical: unhandled error, which ends the real host's worker process.*number 1\. Error: out/,
      ),
      expect.stringMatching(/number 2\. Error: Unknown error/),
      expect.stringMatching(/^critical: unhandled error, the host ends/),
    ]);
  });

  it('is the first again after more than half an hour', () => {
    const { results } = handled([
      [0, ofApp],
      [10, ofApp],
      [41, ofApp],
      [42, ofApp],
      [43, ofApp],
    ]);
    expect(results).toEqual(['went on', 'went on', 'went on', 'went on', ended]);
  });

  it('ends the host at once in strict mode, while nothing is served, and if it comes from the host', () => {
    expect(handled([[0, ofApp]], { strict: true }).results).toEqual([ended]);
    const options: Partial<CrashOptions> = { failRunning: () => undefined };
    expect(handled([[0, ofApp]], options).results).toEqual([ended]);
    const ofHost = errorAt(`${ownFolder}/store/fileJournal.js`);
    expect(handled([[0, ofHost]]).results).toEqual([expect.stringMatching(/^unhandled error, the host ends/)]);
  });
});

describe('invocations that run when the worker ends', () => {
  it('fail, and those that come later do not', async () => {
    const running = new RunningInvocations();
    const call = { inputData: [], triggerMetadata: {} };
    const results: ((value: string) => void)[] = [];
    const invoke = running.watched(async () => {
      const returnValue = await new Promise<string>((resolve) => results.push(resolve));
      return { returnValue: { string: returnValue }, outputData: [] };
    });
    const first = [invoke('a', call), invoke('b', call)];
    expect(running.failAll()).toBe(2);
    for (const one of first) await expect(one).rejects.toBeInstanceOf(WorkerExitError);
    const later = invoke('c', call);
    for (const resolve of results) resolve('done');
    expect(await later).toMatchObject({ returnValue: { string: 'done' } });
    expect(running.failAll()).toBe(0);
  });
});
