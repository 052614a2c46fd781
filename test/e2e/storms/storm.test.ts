import { stormTest } from './storm.js';

stormTest({ events: 300, devices: 30 });
