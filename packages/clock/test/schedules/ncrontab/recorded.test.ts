import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseSchedule, type TimerSchedule } from '@connected-registry/functions-host/triggers/schedule';
import { parseHostSchedule, type HostSchedule } from '../../../src/schedules/hostSchedule.js';
import { expressions, RECORDED } from './expressions.js';

/*
 * How the timer extension of Microsoft's Functions host (WebJobs.Extensions 5.1, NCrontab 3.4) reads ten thousand
 * generated schedules, in UTC: recorded by recorder/Program.cs from the lines of `asked` below.
 */
interface Recorded {
  readonly asked: string;
  readonly text: string;
  readonly after: Date;
  /** `invalid`, `span <milliseconds>`, or `cron` with the next times, each in seconds after the one before. */
  readonly answer: string;
}

const read = (name: string): Recorded[] =>
  gunzipSync(readFileSync(new URL(name, import.meta.url)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line): Recorded => {
      const [after = '', json = '', answer = ''] = line.split('\t');
      return { asked: `${after}\t${json}`, text: JSON.parse(json) as string, after: new Date(after), answer };
    });

const recorded = read('./recorded.tsv.gz');
/**
 * Recorded in the same way, selected from a million: the schedules that a parser without .NET's rules gets wrong. They
 * have every character of the first plane within names, numbers and time spans, time spans of all forms, and pieces
 * inserted at random.
 */
const odd = read('./odd.tsv.gz');

/** The answer of a function that returns next times, in the recorder's form. */
function answerOf(next: (after: Date) => Date | undefined, after: Date): string {
  const steps: string[] = [];
  let at = after;
  while (steps.length < 5) {
    const found = next(at);
    steps.push(found === undefined ? 'never' : String((found.getTime() - at.getTime()) / 1000));
    if (found === undefined) break;
    at = found;
  }
  return `cron ${steps.join(',')}`;
}

function ofApp(found: HostSchedule | undefined, after: Date): string {
  if (found === undefined) return 'invalid';
  if (found.kind === 'timeSpan') return `span ${found.milliseconds}`;
  return answerOf((at) => found.cron.next(at), after);
}

function ofLocalHost(text: string, after: Date, zone: string): string {
  let schedule: TimerSchedule;
  try {
    schedule = parseSchedule(text, zone);
  } catch {
    return 'invalid';
  }
  if (!schedule.adjustForDst) return `span ${(schedule.next(after)?.getTime() ?? Number.NaN) - after.getTime()}`;
  return answerOf((at) => schedule.next(at), after);
}

const differing = (answer: (one: Recorded) => string, all = recorded): unknown[] =>
  all.flatMap((one) => {
    const ours = answer(one);
    return ours === one.answer ? [] : [{ text: one.text, after: one.after.toISOString(), ours, host: one.answer }];
  });

describe('recorded schedules', () => {
  test('are the ten thousand that the seed generates', () => {
    const made = expressions(RECORDED).map(({ text, after }) => `${after.toISOString()}\t${JSON.stringify(text)}`);
    expect(recorded.map(({ asked }) => asked)).toEqual(made);

    const kinds = recorded.map(({ answer }) => answer.split(' ')[0]);
    expect(new Set(kinds)).toEqual(new Set(['cron', 'invalid', 'span']));
  });

  test('have the same validity and next five times in the app as in the real host', () => {
    expect(differing(({ text, after }) => ofApp(parseHostSchedule(text, 'UTC'), after))).toEqual([]);
  });

  test('have the same validity and next five times in the local host as in the real host', () => {
    expect(differing(({ text, after }) => ofLocalHost(text, after, 'UTC'))).toEqual([]);
  });

  test('have the same times if only .NET’s rules explain them', () => {
    expect(odd.length).toBeGreaterThan(4_000);
    expect(differing(({ text, after }) => ofApp(parseHostSchedule(text, 'UTC'), after), odd)).toEqual([]);
    expect(differing(({ text, after }) => ofLocalHost(text, after, 'UTC'), odd)).toEqual([]);
  });

  test('have the same times in a time zone that equals UTC', () => {
    // A zone other than UTC takes the slow path through the time zone database, so only every twentieth is compared.
    const some = recorded.filter((_, index) => index % 20 === 0);
    expect(differing(({ text, after }) => ofLocalHost(text, after, 'Africa/Abidjan'), some)).toEqual([]);
  });
});
