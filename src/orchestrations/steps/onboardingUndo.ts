import type { Undone } from '../../domain/operations/stepOutcome.js';
import type { Compensation, Undo } from '../run/runContext.js';
import type { Flow } from '../run/flow.js';
import { Binding } from './binding.js';
import { RunMapHold } from './mapHold.js';
import type { OnboardingClient } from './onboardingClient.js';

/**
 * Deletes a scope map that this run made, unless others use it; else only ends the hold on it. A map whose rights the
 * run restored keeps them.
 */
export function undoScopeMap({ plan, request, mapHold }: OnboardingClient): Compensation[] {
  const absentAt = plan.scopeMap === 'absent' ? plan.checkedAt : undefined;
  const release: Compensation = {
    name: absentAt ? 'removeScopeMap' : 'releaseScopeMap',
    undo: (run) => new RunMapHold(run, request).release(absentAt),
    whenRevoked: () => mapHold.keep(),
  };
  if (!plan.restoresScopeMap) return [release];
  return [
    release,
    { name: 'keepScopeMap', undo: () => kept(`scope map ${request.scopeMap}: it has its rights again`) },
  ];
}

/** Disables a token again that this run enabled: its revocation stands. */
export function undoEnabling({ request: { registry, token } }: OnboardingClient): Compensation[] {
  const disable: Undo = function* ({ activities }) {
    yield* activities.disableTokens({ registry, tokens: [token] });
    return {};
  };
  return [{ name: 'disableToken', undo: disable, whenRevoked: disable }];
}

/**
 * Deletes a token that this run made, or gives a token back the scope map that it had; before that the token is
 * unbound.
 */
export function undoToken(client: OnboardingClient): Compensation[] {
  const { plan, request, reference, run } = client;
  const { token, scopeMap } = request;
  const earlier = plan.token.earlierScopeMap;
  const restoreMap = { reference, run: run.id, token, ours: scopeMap, ...(earlier === undefined ? {} : { earlier }) };
  return [
    ...(plan.token.exists ? [] : [undoMaking(client)]),
    undoBindingRequest(client),
    ...(earlier === undefined
      ? []
      : [
          {
            name: 'restoreTokenScopeMap' as const,
            undo: (({ activities }) => activities.restoreTokenScopeMap({ ...restoreMap, earlier })) satisfies Undo,
          },
        ]),
  ];
}

/** Unbinds a token that this run bound. For one that was bound before, it only ends the binding request. */
function undoBindingRequest({ plan, request, binding }: OnboardingClient): Compensation {
  const withdraw: Undo = function* () {
    binding.complete();
    return {};
  };
  if (plan.bound) return { name: 'withdrawBindingRequest', undo: withdraw, whenRevoked: withdraw };
  return { name: 'unbind', undo: (run) => new Binding(run, request.token).unbind(), whenRevoked: withdraw };
}

/** A token that cannot be deleted is noted as orphaned: no secret names it, and an offboarding must find it. */
function undoMaking({ plan, request, reference, run, records }: OnboardingClient): Compensation {
  const { registry, connectedRegistry, token, scopeMap } = request;
  const since = plan.checkedAt;
  const order = { reference, run: run.id, registry, connectedRegistry, token, scopeMap, since };
  const noteOrphaned = (): void =>
    records.notify('noteOrphaned', { token, scopeMap, since, until: run.now.toISOString() });
  return {
    name: 'removeToken',
    undo: function* (undoing) {
      const binding = new Binding(undoing, token);
      try {
        return yield* binding.deleting(
          () => undoing.activities.removeToken(order),
          () => binding.unbind(),
        );
      } catch (error) {
        noteOrphaned();
        throw error;
      }
    },
    whenRevoked: function* () {
      noteOrphaned();
      return { kept: `token ${token}: what a revoked client had is kept for inspection` };
    },
  };
}

/** What an undo keeps on purpose. */
function* kept(what: string): Flow<Undone> {
  return { kept: what };
}
