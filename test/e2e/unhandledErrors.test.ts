import { expect, test, vi } from 'vitest';
import { hostLog } from './harness/hostLog.js';
import { startTestStack } from './harness/testStack.js';

/** Drops a rejection in the app's process at a signal. */
const DROPPING = `process.on('SIGUSR2',()=>{Promise.reject(new%20Error('dropped'))})`;

// Microsoft's host runs the app in a process whose id nobody outside knows.
test('a test fails if its app has had an error that nobody handles', { tags: ['local-host'] }, async () => {
  const it = await startTestStack({
    device: false,
    settings: { NODE_OPTIONS: `--import=data:text/javascript,${DROPPING}` },
  });
  const pid = it.stack.pidOf('host');
  if (pid === undefined) throw new Error('The host has ended.');
  process.kill(pid, 'SIGUSR2');
  await vi.waitUntil(() => hostLog(it).includes('dropped'), { timeout: 20_000, interval: 20 });
  await expect(it.dispose()).rejects.toThrow(/errors that nobody handles:\n.*number 1\. Error: dropped/);
});
