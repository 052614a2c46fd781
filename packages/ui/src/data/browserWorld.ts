import type { PollWorld } from './polled.js';

/** The browser's own time and visibility. */
export const browserWorld: PollWorld = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = window.setTimeout(call, milliseconds);
    return () => window.clearTimeout(timer);
  },
  isVisible: () => document.visibilityState === 'visible',
  onVisibility(call) {
    document.addEventListener('visibilitychange', call);
    return () => document.removeEventListener('visibilitychange', call);
  },
  random: () => Math.random(),
};
