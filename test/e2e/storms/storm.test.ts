import { stormTest } from './storm.js';

stormTest({ events: 100, devices: 10 });
