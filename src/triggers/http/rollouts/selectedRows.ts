import type { HttpResponseInit } from '@azure/functions';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { sameName } from '@connected-registry/protocol/names/sameName';
import {
  MAX_ROLLOUT_ROWS,
  type RolloutKind,
  type RolloutSelection,
} from '@connected-registry/protocol/requests/rolloutRequest';
import { profileOfClient, requestOf, type Profile } from '../../../domain/profiles/profiles.js';
import { inTime } from '../../../queries/inTime.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import { deadlineIn, leftUntil } from '../../durable/pollUntil.js';
import { invalidRequest, problem } from '../answers/problem.js';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import { unknownRegistry } from '../requests/clientsBody.js';

/** Milliseconds in which the clients must have been read, since a caller's gateway may wait only a little longer. */
const SELECTED_WITHIN = 60_000;

/** Clients that are read at once. */
const PAGE = 500;

type Rows = { readonly rows: readonly object[] } | { readonly refusal: HttpResponseInit };

/**
 * Finds the clients of a selection: for onboard the clients that a profile lists, otherwise clients that have a
 * credential.
 * @throws ServiceError
 */
export async function selectedRows(
  { select = {}, kind }: { readonly select?: RolloutSelection | undefined; readonly kind: RolloutKind },
  config: Pick<Config, 'registries' | 'profileBook'>,
  { inventory }: Pick<Queries, 'inventory'>,
): Promise<Rows> {
  if (select.registry !== undefined && !findRegistry(config, select.registry))
    return refused(unknownRegistry('select.registry', config));
  const profile = config.profileBook.profiles.find(
    ({ name }) => select.profile !== undefined && sameName(name, select.profile),
  );
  if (select.profile !== undefined && !profile) {
    const names = config.profileBook.profiles.map(({ name }) => name).join(', ');
    const fix = names === '' ? 'The setting PROFILES has none.' : `It must be one of ${names}.`;
    return refused({ field: 'select.profile', message: 'is not a profile', fix });
  }
  const found =
    kind === 'onboard' && profile ? rowsOfProfile(profile, select) : await known(select, profile, config, inventory);
  if ('refusal' in found || found.rows.length > 0) return found;
  return refused({ field: 'select', message: 'matches no client', fix: 'Change it, or send clients.' });
}

/** The onboarding of each client that a profile lists, at the selected connected registry. */
function rowsOfProfile(
  profile: Profile,
  { registry, connectedRegistry = profile.connectedRegistry }: RolloutSelection,
): Rows {
  if (connectedRegistry === undefined)
    return refused({
      field: 'select.connectedRegistry',
      message: 'is missing, and the profile names none',
      fix: 'Name the connected registry whose clients are to be onboarded.',
    });
  if (profile.connectedRegistry !== undefined && !sameName(profile.connectedRegistry, connectedRegistry))
    return refused({
      field: 'select.connectedRegistry',
      message: 'is not the one of the profile',
      fix: `It must be ${profile.connectedRegistry}, or be left out.`,
    });
  const own = registry === undefined ? {} : { registry };
  return { rows: profile.clients.map((client) => ({ ...requestOf(profile, { connectedRegistry, client }), ...own })) };
}

/** Clients that have a credential. */
async function known(
  { profile: _profile, ...given }: RolloutSelection,
  profile: Profile | undefined,
  { profileBook }: Pick<Config, 'profileBook'>,
  inventory: Queries['inventory'],
): Promise<Rows> {
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const until = deadlineIn(SELECTED_WITHIN);
  const rows: object[] = [];
  let from: Parameters<typeof inventory.clients>[2];
  do {
    const page = await inTime(inventory.clients(filter, PAGE, from), leftUntil(until), undefined);
    if (!page) return { refusal: tooSlow() };
    const clients = page.clients.filter((client) => !profile || profileOfClient(profileBook, client) === profile);
    rows.push(...clients.map(referenceOf));
    if (rows.length > MAX_ROLLOUT_ROWS)
      return refused({
        field: 'select',
        message: `matches more than ${MAX_ROLLOUT_ROWS} clients`,
        fix: 'Narrow it, and start several rollouts.',
      });
    from = page.next;
  } while (from);
  return { rows };
}

function refused(error: FieldError): Rows {
  return { refusal: invalidRequest([error]) };
}

function tooSlow(): HttpResponseInit {
  return problem(
    {
      status: 503,
      code: 'selection-slow',
      title: 'The clients could not be read in time.',
      detail: `The clients that select matches were not read within ${SELECTED_WITHIN / 1000} s. Narrow it, or send the clients. Nothing was started.`,
    },
    { 'retry-after': '60' },
  );
}
