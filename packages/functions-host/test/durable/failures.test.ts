import { describe, expect, it } from 'vitest';

import { activityFailure } from '../../src/durable/failures.js';

const failure = (message: string): ReturnType<typeof activityFailure> =>
  activityFailure('work', { message, stack: `Error: ${message}\n    at work` });

describe('the reason of a failed activity', () => {
  it.each([
    ['plain', 'plain'],
    ['cut\nStack: here', 'cut'],
    ['x\n\n$OutOfProcData$:{"isDone":true}', 'x'],
    ['a\n\n$OutOfProcData$:b\n\n$OutOfProcData$:c', 'a'],
    ['a\n\n$OutOfProcData$:b\nStack: c', 'a'],
    ['a\nStack: b\n\n$OutOfProcData$:c', 'a'],
    ['a\n\n\n$OutOfProcData$:b', 'a\n'],
    ['x\n\n$OutOfProcData$', 'x\n\n$OutOfProcData$'],
    ['x\n$OutOfProcData$:{}', 'x\n$OutOfProcData$:{}'],
    ['x$OutOfProcData$:{}', 'x$OutOfProcData$:{}'],
    ['a\n\n$outofprocdata$:b', 'a\n\n$outofprocdata$:b'],
  ])('is the message up to what the host looks for in it: %j', (message, shown) => {
    const { reason, details } = failure(message);
    expect(reason).toBe(`Activity function 'work' failed:  ${shown}`);
    expect(JSON.parse(details ?? '')).toMatchObject({
      Message: ` ${shown}`,
      InnerException: { RemoteMessage: message },
    });
  });

  it('has the properties of a structured failure, with times in .NET’s form', () => {
    const properties = {
      when: new Date(0),
      list: [{ when: new Date(5) }],
      text: 'on 2020-01-01',
      count: 1e21,
      no: null,
    };
    const message = JSON.stringify({ errorType: 'Error', errorMessage: 'm', properties });
    expect(failure(message).failureDetails?.Properties).toEqual({
      when: '1970-01-01T00:00:00Z',
      list: [{ when: '1970-01-01T00:00:00.005Z' }],
      text: 'on 2020-01-01',
      count: 1e21,
      no: null,
    });
  });
});
