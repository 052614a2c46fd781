import { stormTest } from './storm.js';

stormTest({ events: 1_000, devices: 100 });
