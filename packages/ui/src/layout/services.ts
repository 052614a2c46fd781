import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { Api, Answer, Parameters } from '../data/api.js';
import type { InventoryReader } from '../data/inventory.js';
import type { PollBook } from '../data/pollBook.js';
import type { Polled, Polling, PollWorld } from '../data/polled.js';
import type { Session } from '../session/session.js';

/** What views work with. */
export interface Services {
  readonly session: Session;
  readonly api: Api;
  readonly polls: PollBook;
  readonly inventory: InventoryReader;
  readonly world: PollWorld;
}

const context = createContext<Services | undefined>(undefined);
export const ServicesProvider = context.Provider;

export function useServices(): Services {
  const services = useContext(context);
  if (services === undefined) throw new Error('A view is shown outside of ServicesProvider.');
  return services;
}

/** How often views ask, in milliseconds; up to half as often while nothing changes. */
export const EVERY = {
  /** What is under way. */
  live: 5_000,
  /** Lists. */
  list: 15_000,
} as const;

/**
 * Polls a route while the component is shown.
 *
 * @param path below `/api/`, its parts encoded
 */
export function usePolled<T>(path: string, parameters: Parameters, every: number): Polling<T> {
  const { api } = useServices();
  return usePolledBy<T>(`${path} ${JSON.stringify(parameters)}`, every, (etag) =>
    api.read<T>(path, parameters, { etag }),
  );
}

/** The same for what takes several requests. @param name says what is read, parameters included */
export function usePolledBy<T>(
  name: string,
  every: number,
  read: (etag: string | undefined) => Promise<Answer<T>>,
): Polling<T> {
  const { polls } = useServices();
  const polled: Polled<T> = polls.of(name, every, read);
  useEffect(() => polled.watch(), [polled]);
  return polled.state.value;
}
