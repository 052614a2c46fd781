import type { Config } from '../config.js';
import type { Ports } from '../ports/ports.js';
import { createPreflight, type Preflight } from './preflight.js';
import { createRegistryFacts } from './registryFacts.js';

/** Everything that only reads. */
export interface Queries {
  readonly preflight: Preflight;
}

export function createQueries(ports: Ports, config: Config): Queries {
  return { preflight: createPreflight(ports, config, createRegistryFacts(ports.controlPlane)) };
}
