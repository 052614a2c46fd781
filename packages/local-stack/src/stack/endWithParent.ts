/**
 * Preloaded (`node --import`) into every process that the launcher starts. The launcher keeps an IPC channel open to
 * each of them and sends no messages: the channel closes when the launcher ends in any way, including SIGKILL. A
 * process that outlives its launcher would hold its port and its data folder, so it is asked to end, and killed if it
 * does not.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds for an orderly end after the launcher is gone. */
const GRACE = 3000;

// Workers inherit --import; only the main thread has the channel.
if (isMainThread && process.channel) {
  process.on('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE).unref();
    process.kill(process.pid, 'SIGTERM');
  });
  // A listener for 'disconnect' would keep an otherwise idle process alive.
  process.channel.unref();
}
