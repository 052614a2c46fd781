import { stormTest } from '../e2e/storms/storm.js';

stormTest({ events: 5_000, devices: 500 });
