import { AsyncLocalStorage } from 'node:async_hooks';
import type { OwnIdentity } from '../../../../src/ports/ownIdentity.js';

/** Object id of the app's own identity. */
export const OWN_OBJECT_ID = '99999999-9999-9999-9999-999999999999';

/** The app's identities. It notes for whom work was done. */
export class FakeIdentity implements OwnIdentity {
  /** Names of all identities. */
  all: readonly string[] = ['our-app'];
  /** Names of the app's own identity: its name in the settings, and its object id. */
  ownId: readonly string[] = ['own', OWN_OBJECT_ID];
  /** Identities that work was done with, in order. */
  readonly used: string[] = [];
  readonly #current = new AsyncLocalStorage<string>();

  /** The identity of the work in progress; undefined outside of {@link FakeIdentity.as}. */
  get current(): string | undefined {
    return this.#current.getStore();
  }

  async names(): Promise<readonly string[]> {
    return this.all;
  }

  async namesOf(identity: string): Promise<readonly string[]> {
    return identity === this.ownId[0] ? this.ownId : [identity];
  }

  as<T>(identity: string, work: () => Promise<T>): Promise<T> {
    this.used.push(identity);
    return this.#current.run(identity, work);
  }
}
