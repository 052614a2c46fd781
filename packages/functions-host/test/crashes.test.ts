import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { crashHandler, type CrashOptions } from '../src/crashes.js';
import { ReadOnlyError, userStack } from '../src/worker/errors.js';
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

  it('counts once with others within a second, which fail what has started since', () => {
    const second = 1 / 60;
    const { results, logged } = handled([
      [0, ofApp],
      [0, ofApp],
      [0.9 * second, ofApp],
      [2 * second, ofApp],
      [2 * second, ofApp],
      [4 * second, ofApp],
    ]);
    expect(results).toEqual([...Array.from({ length: 5 }, () => 'went on'), ended]);
    expect(logged.filter((line) => line.includes('within a second of number 1,'))).toHaveLength(2);
    expect(logged.filter((line) => line.includes('within a second of number 2,'))).toHaveLength(1);
  });
});

describe('the host’s own code', () => {
  const hostEnds = [expect.stringMatching(/^unhandled error, the host ends/)];
  /** An error with these frames. */
  function withFrames(...frames: string[]): Error {
    const error = new Error('out of reach');
    error.stack = ['Error: out of reach', ...frames.map((frame) => `    at ${frame}`)].join('\n');
    return error;
  }

  it.each([
    ['called Node.js', ['async open (node:internal/fs/promises:639:25)', `async save (${ownFolder}/a.js:1:1)`]],
    ['called Node.js without a name', ['node:internal/main:1:1', `${ownFolder}/a.js:1:1`]],
    ['called a built-in', ['JSON.parse (<anonymous>)', 'async Promise.all (index 0)', `read (${ownFolder}/a.js:1:1)`]],
  ])('ends the host where it %s', (_, frames) => {
    expect(handled([[0, withFrames(...frames)]]).results).toEqual(hostEnds);
  });

  it('is recognized in a folder whose URL is encoded, and left out of stacks there', () => {
    const folder = '/my host/dist';
    const inUrl = withFrames('save (file:///my%20host/dist/a.js:1:1)', 'work (file:///app/index.mjs:1:1)');
    expect(handled([[0, inUrl]], { ownFolder: folder }).results).toEqual(hostEnds);
    expect(userStack(inUrl.stack ?? '', folder)).toBe('Error: out of reach\n    at work (file:///app/index.mjs:1:1)');
  });

  it.each([
    ['the app called the host', ['work (/app/index.cjs:1:1)', `run (${ownFolder}/worker/invocation.js:1:1)`]],
    ['a folder only begins like the host’s', ['work (/host/dist-of-app/index.cjs:1:1)']],
  ])('is not at fault where %s', (_, frames) => {
    expect(handled([[0, withFrames(...frames)]]).results).toEqual(['went on']);
  });

  it('is not at fault for a read-only property that the app sets', () => {
    const error = new ReadOnlyError('hookData');
    error.stack = `TypeError: no\n    at set (${ownFolder}/worker/invocation.js:1:1)\n    at work (/app/index.cjs:1:1)`;
    expect(handled([[0, error]]).results).toEqual(['went on']);
  });

  it('is at fault for what Node.js really throws when it reads a file', async () => {
    const here = import.meta.dirname;
    const read = async (): Promise<unknown> => readFile('/nonexistent').catch((error: unknown) => error);
    expect(handled([[0, await read()]], { ownFolder: here }).results).toEqual(hostEnds);
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
