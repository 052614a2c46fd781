import { failingSiteTest } from './failingSite.js';

failingSiteTest({
  fails: 'corrupt',
  sites: 3,
  clients: 8,
  before: 8,
  canary: 2,
  wave: 6,
  failureLimit: { percent: 15, minimum: 2 },
  failingFirst: 6,
  isKilled: true,
  patience: 300,
});
