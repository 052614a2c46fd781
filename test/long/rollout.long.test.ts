import { failingSiteTest } from '../e2e/rollouts/failingSite.js';

failingSiteTest({
  // Agents that report at once: a kill may outlast a deadline that is short enough to wait for, and then sites fail
  // that work.
  fails: 'corrupt',
  sites: 20,
  clients: 50,
  before: 250,
  canary: 50,
  wave: 240,
  failureLimit: { percent: 4, minimum: 10 },
  failingFirst: 40,
  isKilled: true,
  throttling: 1,
  patience: 1800,
});
