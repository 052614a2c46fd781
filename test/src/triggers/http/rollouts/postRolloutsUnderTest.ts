import { afterEach, beforeEach, vi } from 'vitest';
import type { Queries } from '../../../../../src/queries/queries.js';
import { postRollouts } from '../../../../../src/triggers/http/routes/rollouts.js';
import { whileTimePasses } from '../../../fakes/advance.js';
import { config, CONNECTED_REGISTRY, REGISTRY } from '../../../fakes/answers/requests.js';
import { httpRequest, seen } from '../../../fakes/durable/durableClient.js';
import { RolloutEngine } from '../../../fakes/durable/rolloutEngine.js';

export const SCHEMA = { $ref: '#/components/schemas/Rollout' };
export const SUBSCRIPTION = '8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10';
export const row = (client: string, more: object = {}) => ({ connectedRegistry: CONNECTED_REGISTRY, client, ...more });
export const ONBOARD = {
  kind: 'onboard',
  defaults: { connectedRegistry: CONNECTED_REGISTRY, repositories: ['hello-world'] },
};

/** Field and row of each error in an answer. */
export const errorsOf = (answer: { readonly body: Readonly<Record<string, unknown>> }) =>
  (answer.body['errors'] as { field: string; row?: number; message: string }[]).map(({ field, row: nth }) => [
    field,
    nth,
  ]);

/** What a test may change before it sends a request. */
class PostRollouts {
  engine = new RolloutEngine();
  settings: Record<string, string> = {};
  /** Tokens that the connected registry has. */
  bound: string[] = [];
  limitWarnings: Queries['limitWarnings'] = async () => [];
  inventory: Queries['inventory'] = { clients: async () => ({ clients: [] }), client: async () => undefined };

  /** Sends a request to the route. Fake time passes until it is answered. */
  async post(body: unknown, more: { headers?: Record<string, string>; query?: Record<string, string> } = {}) {
    const slowFacts: Queries['slowFacts'] = async (registry) => ({
      registry: undefined,
      connectedRegistries:
        registry === REGISTRY
          ? [{ name: CONNECTED_REGISTRY, mode: 'ReadOnly', isActive: true, clientTokens: this.bound }]
          : [],
    });
    const { inventory, limitWarnings } = this;
    const handler = postRollouts(config(this.settings), { inventory, slowFacts, limitWarnings });
    return seen(await whileTimePasses(handler(httpRequest({ body, ...more }), this.engine.client, 'ann')));
  }

  csv(text: string, query: Record<string, string>) {
    return this.post(text, { headers: { 'content-type': 'text/csv' }, query });
  }
}

/** The route in fake time, the same for each test. */
export function usePostRollouts(): PostRollouts {
  const it = new PostRollouts();
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    Object.assign(it, new PostRollouts());
  });
  afterEach(() => void vi.useRealTimers());
  return it;
}
