import { failingSiteTest } from '../e2e/rollouts/failingSite.js';

// Agents that are silent until the deadline. The default ring has the same with agents that report other bytes
// (rollouts/kills.test.ts).
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
