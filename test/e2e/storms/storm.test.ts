import { stormTest } from './storm.js';

stormTest({ events: 400, devices: 40 });
