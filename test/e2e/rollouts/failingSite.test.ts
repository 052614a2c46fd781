import { failingSiteTest } from './failingSite.js';

// test/long/rollout.long.test.ts has a thousand clients.
failingSiteTest({
  fails: 'silent',
  sites: 3,
  clients: 20,
  before: 20,
  canary: 5,
  wave: 15,
  failureLimit: { percent: 20, minimum: 5 },
  failingFirst: 15,
  isKilled: false,
  patience: 300,
});
