import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type StackOptions } from '../../../local/stack/startStack.js';
import type { Stack } from '../../../local/stack/stack.js';
import { AppClient } from './appClient.js';
import { OperatorSdk } from './operatorSdk.js';

/** Waits as short as the settings allow, so that a test that sees them pass is quick. */
export const SHORT_WAITS = {
  RETRY_MAX_SECONDS: '2',
  STEP_DEADLINE_SECONDS: '20',
  BIND_DEADLINE_SECONDS: '20',
  REPORT_TIMEOUT_SECONDS: '10',
  PULL_CHECK_DEADLINE_SECONDS: '20',
  UNDO_DEADLINE_SECONDS: '20',
};

/** A whole stack of its own for one test file, and what to drive it with: nothing but its public interfaces. */
export interface TestStack {
  stack: Stack;
  app: AppClient;
  operator: OperatorSdk;
  /** What happened to the processes, one line each. */
  events: string[];
  dispose(): Promise<void>;
}

/** Starts everything on free ports in a new data folder. */
export async function startTestStack(options: Partial<StackOptions> = {}): Promise<TestStack> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'onboarding-e2e-'));
  const events: string[] = [];
  try {
    const stack = await startStack({
      ...options,
      dataFolder,
      settings: { ...SHORT_WAITS, ...options.settings },
      report: (line) => events.push(line),
    });
    return {
      stack,
      app: new AppClient(stack.endpoints.functions.url, stack.endpoints.functions.key),
      operator: new OperatorSdk(stack.endpoints),
      events,
      async dispose() {
        await stack.stop();
        rmSync(dataFolder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true });
    throw error;
  }
}
