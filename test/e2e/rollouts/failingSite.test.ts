import { failingSiteTest } from './failingSite.js';

// test/long/rollout.long.test.ts has a thousand clients.
failingSiteTest({
  fails: 'silent',
  sites: 3,
  clients: 10,
  before: 10,
  canary: 3,
  wave: 7,
  failureLimit: { percent: 20, minimum: 3 },
  failingFirst: 7,
  isKilled: false,
  patience: 300,
});
