import { pullWith } from '../pull.js';
import type { Device } from '../devices.js';
import type { Verdict } from './verdict.js';

/** Pulls of one connected registry's clients. */
export interface PullCount {
  regular: number;
  /** Before and after a step of a rotation. */
  atSteps: number;
  failed: number;
}

/** Makes pulls and counts their results. A client pulls once it has a credential. */
export class PullBook {
  readonly #counts = new Map<string, PullCount>();

  constructor(private readonly verdict: Verdict) {}

  of(connectedRegistry: string): PullCount {
    const count = this.#counts.get(connectedRegistry) ?? { regular: 0, atSteps: 0, failed: 0 };
    this.#counts.set(connectedRegistry, count);
    return count;
  }

  async pull({ client, configFile, host }: Device, kind: 'regular' | 'atSteps', when: string): Promise<void> {
    const count = this.of(client.registry.name);
    const { pulled, how } = await pullWith(configFile, host);
    count[kind] += 1;
    if (pulled) return;
    count.failed += 1;
    this.verdict.against('pull', client.name, `${when}: ${how}`);
  }
}
