import type { Api } from '../api/api.js';
import type { Place } from './place.js';

/** A way to the app, and what the context fills in. */
export interface Connection {
  readonly api: Api;
  readonly place: Place;
}
