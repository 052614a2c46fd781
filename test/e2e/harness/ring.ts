export { IN_LONG_RING, ofRing, type ByRing } from '../../shared/ring.js';
