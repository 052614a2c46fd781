import { afterAll, beforeAll, expect, test } from 'vitest';
import { demonstrate, demoSettings } from '@connected-registry/local-stack/demo/demo';
import { paintFor } from '@connected-registry/local-stack/demo/paint';
import { startTestStack, type TestStack } from '../e2e/harness/testStack.js';

let it: TestStack;
beforeAll(async () => (it = await startTestStack({ settings: demoSettings })));
afterAll(() => it.dispose());

test('the demo has the same result on the real Functions host', async () => {
  const lines: string[] = [];
  const screen = { print: (line: string) => void lines.push(line), paint: paintFor(false, {}), width: 150 };
  const succeeded = await demonstrate(it.stack, screen);
  expect({ succeeded, shown: succeeded ? '' : lines.join('\n') }).toEqual({ succeeded: true, shown: '' });
});
