import type { Operation } from '@connected-registry/protocol/answers/answers';
import { useEffect } from 'preact/hooks';
import type { Polling } from '../../data/polled.js';
import { useServices } from '../../layout/services.js';
import { pathTo } from '../../routing/address.js';

/** Milliseconds between two requests while it is in progress: a request reads the durable engine alone. */
const EVERY_RUNNING = 2000;

/** Polls an operation until it has ended. What has ended does not change. */
export function useOperation(id: string): Polling<Operation> {
  const { api, polls } = useServices();
  const path = pathTo('operations', id);
  const polled = polls.of<Operation>(path, EVERY_RUNNING, (etag) => api.read<Operation>(path, {}, { etag }));
  const { value } = polled.state.value;
  const hasEnded = value !== undefined && value.status !== 'running';
  useEffect(() => (hasEnded ? undefined : polled.watch()), [polled, hasEnded]);
  return polled.state.value;
}
