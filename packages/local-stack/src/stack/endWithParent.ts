/**
 * Preloaded (`node --import`) into every process that the launcher starts. The launcher keeps an IPC channel open to each
 * of them and never uses it for messages: it closes when the launcher ends in any way, a SIGKILL included. A process
 * that outlives its launcher would hold its port and its data folder, so it is asked to end, and ended when it does not.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds that a process has for an orderly end once its launcher is gone. */
const GRACE = 3000;

// Workers inherit --import; only the main thread has the channel.
if (isMainThread && process.channel) {
  process.on('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  // A listener for 'disconnect' alone would keep a process alive that has nothing left to do.
  process.channel.unref();
}
