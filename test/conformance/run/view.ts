/**
 * What of a run is compared: notes, last statuses, and of each instance the last turn. Answers of concurrent tasks may
 * come in any order and in any number of turns, so a history counts as a set of events without its turn marks.
 */
import { instanceOf, type Turn } from './turns.js';

export interface Seen {
  notes: Record<string, unknown>;
  final: Record<string, unknown>;
  turns: Turn[];
  failure?: string;
}

export interface View {
  notes: Record<string, unknown>;
  final: Record<string, unknown>;
  turns?: Record<string, unknown>;
  failure?: string;
}

const marks = new Set<unknown>([12, 13, 'OrchestratorStarted', 'OrchestratorCompleted']);

/** A value with the fields of its objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function events(list: readonly unknown[]): string[] {
  return list
    .flatMap((event) => {
      if (typeof event !== 'object' || event === null) return [];
      const { IsPlayed: _, ...rest } = event as Record<string, unknown>;
      return marks.has(rest['EventType']) ? [] : [JSON.stringify(sorted(rest))];
    })
    .sort();
}

/** Makes the view of a run whose values have been normalised. */
export function viewOf(seen: Seen): View {
  const final = Object.entries(seen.final).map(([id, status]) => [id, statusView(status)]);
  const turns = seen.turns.map((turn) => [instanceOf(turn), turnView(turn)]);
  return JSON.parse(
    JSON.stringify({
      notes: seen.notes,
      final: Object.fromEntries(final) as unknown,
      ...(seen.notes['turns may differ'] === true ? {} : { turns: Object.fromEntries(turns) as unknown }),
      ...(seen.failure === undefined ? {} : { failure: seen.failure }),
    }),
  ) as View;
}

function statusView(status: unknown): unknown {
  if (typeof status !== 'object' || status === null || !('historyEvents' in status)) return status;
  return { ...status, historyEvents: events(status.historyEvents as unknown[]) };
}

function turnView(turn: Turn): unknown {
  if (turn.type !== 'orchestrationTrigger') return { name: turn.name };
  return { ...turn, in: { ...turn.in, history: events(turn.in?.history ?? []) } };
}
