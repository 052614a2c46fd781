import type { Family } from '../forging.js';
import { BODIES } from './bodies.js';
import { FORM } from './form.js';
import { PASSES } from './passes.js';
import { SIGNATURES } from './signatures.js';

/** Every way in which requests are forged. */
export const FAMILIES: readonly Family[] = [...FORM, ...PASSES, ...SIGNATURES, ...BODIES];
