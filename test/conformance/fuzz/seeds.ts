/** What a seed stands for. */
import { play } from '../play/play.js';
import { sendAll, type Requests } from '../play/requests.js';
import type { Script } from '../play/script.js';
import type { Case } from '../run/caseRun.js';
import { Draws } from './draw/draws.js';
import * as programs from './draw/programs.js';
import * as requests from './draw/requests.js';

/** A drawn case, as data. */
export type Drawn = { readonly script: Script } | { readonly requests: Requests };

const scripts = {
  concurrent: programs.concurrent,
  retrying: programs.retrying,
  eventful: programs.eventful,
  entities: programs.withEntities,
  continued: programs.continued,
  managed: programs.managed,
  odd: programs.oddly,
};
const sent = {
  bodies: requests.bodies,
  functions: requests.toFunctions,
  answers: requests.answers,
  management: requests.toManagement,
};

/** Kinds by a seed's last digits: each has its share of any long range. */
const kinds: readonly Kind[] = [
  ['concurrent', 'eventful', 'managed', 'retrying', 'odd', 'entities', 'concurrent', 'continued', 'bodies', 'routes'],
  ['concurrent', 'managed', 'odd', 'eventful', 'retrying', 'functions', 'entities', 'answers', 'odd', 'management'],
].flat() as Kind[];
export type Kind = keyof typeof scripts | keyof typeof sent | 'routes';

export const kindOf = (seed: number): Kind => kinds[seed % kinds.length] ?? 'concurrent';

const prefixOf = (seed: number): string => `r${seed}`;

/** Routes that the app must have for a seed, by the name of their function. */
export const routesOf = (seed: number): Record<string, string> =>
  kindOf(seed) === 'routes' ? requests.templatesOf(new Draws(seed), prefixOf(seed)) : {};

export function drawn(seed: number): Drawn {
  const kind = kindOf(seed);
  const draws = new Draws(seed);
  // Other numbers than those of its templates.
  if (kind === 'routes') return { requests: requests.paths(new Draws(~seed), prefixOf(seed)) };
  return kind in scripts
    ? { script: scripts[kind as keyof typeof scripts](draws) }
    : { requests: sent[kind as keyof typeof sent](draws) };
}

export const caseOf = (what: Drawn): Case => ('script' in what ? play(what.script) : sendAll(what.requests));
