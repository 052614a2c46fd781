import type { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';

/** Takes a place of the requests that wait, for a client that never has news. @param wait in seconds */
export function holdPlace(polls: LongPolls, sender: string, wait: number) {
  const clients = [{ key: sender, look: () => Promise.resolve({ messages: [] }) }];
  return polls.hold({ sender, atOnce: 1, wait }, { clients, judge: () => undefined });
}
