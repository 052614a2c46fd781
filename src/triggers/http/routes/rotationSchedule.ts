import { sameName } from '@connected-registry/protocol/names/sameName';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../../settings/config.js';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type {
  RotationScheduleAnswer,
  ScheduledRotation,
} from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { SCHEDULE_QUERY_FIELDS, scheduleQuery } from '@connected-registry/protocol/requests/scheduleQuery';
import { pagesOf } from '../../../queries/pagesOf.js';
import type { Queries } from '../../../queries/queries.js';
import type { ScheduledClient } from '../../../queries/rotation/rotationSchedule.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { fieldErrors, invalidQuery } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';

/** `GET /api/rotations/schedule`: lists when rotations are due by the rules of the sweep, earliest first. */
export function getRotationSchedule(
  { rotation }: Pick<Config, 'rotation'>,
  queries: Pick<Queries, 'rotationSchedule'>,
) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const query = Object.fromEntries(Object.keys(SCHEDULE_QUERY_FIELDS).flatMap((name) => given(request, name)));
    const parsed = scheduleQuery.safeParse(query, { reportInput: true });
    if (!parsed.success) return invalidQuery(fieldErrors(parsed.error, SCHEDULE_QUERY_FIELDS));
    const { top, registry, connectedRegistry } = parsed.data;
    return orServiceProblem(async () => {
      const found: ScheduledClient[] = [];
      const readRecord = (reference: ClientReference) => readClientRecord(client, clientKey(reference));
      const pages = pagesOf((continuation) => queries.rotationSchedule(rotation, readRecord, continuation));
      for await (const page of pages)
        found.push(
          ...page.clients.filter(
            ({ reference }) =>
              matches(reference.registry, registry) && matches(reference.connectedRegistry, connectedRegistry),
          ),
        );
      const clients = found
        .toSorted((left, right) => left.dueAt.getTime() - right.dueAt.getTime())
        .slice(0, top)
        .map(toAnswer);
      return { status: 200, jsonBody: { clients, total: found.length } satisfies RotationScheduleAnswer };
    });
  };
}

function given({ query }: HttpRequest, name: string): [string, string][] {
  const value = query.get(name);
  return value === null ? [] : [[name, value]];
}

function matches(name: string, filter: string | undefined): boolean {
  return filter === undefined || sameName(name, filter);
}

function toAnswer({ reference, tags, record, dueAt, deadline, state, unknown }: ScheduledClient): ScheduledRotation {
  const { slot, expiresOn, revokeOld } = tags;
  return {
    ...reference,
    slot,
    expiresOn,
    dueAt: dueAt.toISOString(),
    deadline: deadline.toISOString(),
    state: state.kind === 'due' && state.isLate ? 'late' : state.kind,
    ...(state.kind === 'deferred' ? { deferred: state.by } : {}),
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(record.rotationDueSince === undefined ? {} : { markedAt: record.rotationDueSince }),
    ...(record.retryRotationAt === undefined ? {} : { retryAt: record.retryRotationAt }),
    ...(revokeOld ? { revokes: { slot: revokeOld.slot, from: revokeOld.from } } : {}),
  };
}
