import type { InvocationContext } from '@azure/functions';
import { z } from 'zod';
import { pagesOf } from '../../queries/pagesOf.js';
import { toRunStatus, type InstanceStatus, type RunStatus } from './runStatus.js';

/** Filters and position of a page of instances. */
export interface InstanceQuery {
  readonly prefix: string;
  readonly top: number;
  /** The engine's runtime statuses; absent for all. */
  readonly runtimeStatuses?: readonly string[];
  /** ISO 8601; bounds of the instance's creation. */
  readonly createdFrom?: string;
  readonly createdTo?: string;
  readonly continuation?: string | undefined;
  /** Leaves the inputs out: then no run is recognised. */
  readonly withoutInput?: true;
}

/** The instances of one page of the engine. */
interface ListedPage {
  readonly instances: readonly InstanceStatus[];
  readonly continuation?: string;
}

/** Reads one page of instances of any kind. */
export type ListedInstances = (query: InstanceQuery) => Promise<ListedPage>;

/** The instances of one page of the engine that hold runs of this app. */
interface InstancePage {
  readonly runs: readonly RunStatus[];
  readonly continuation?: string;
}

/** Reads one page of instances that hold runs. */
export type InstancePages = (query: InstanceQuery) => Promise<InstancePage>;

/** The used parts of the durable client's binding. Source: azure-functions-durable-extension, HttpApiHandler. */
const binding = z.object({
  rpcBaseUrl: z.string().nullish(),
  managementUrls: z.object({ id: z.string(), statusQueryGetUri: z.string() }),
});

const instance = z.looseObject({
  name: z.string(),
  instanceId: z.string(),
  runtimeStatus: z.string(),
  lastUpdatedTime: z.string(),
  createdTime: z.string().optional(),
});

/** The engine's header with the continuation of the next page, in requests and responses. */
const CONTINUATION = 'x-ms-continuation-token';

type Invocation = Pick<InvocationContext, 'options' | 'extraInputs'>;

/** Lists the instances that hold runs of this app, page by page. */
export function instancePages(context: Invocation): InstancePages {
  const list = listedInstances(context);
  return async (query) => {
    const { instances, ...more } = await list(query);
    return { runs: instances.map((item) => toRunStatus(item)).filter((run) => run !== undefined), ...more };
  };
}

/**
 * Lists the engine's instances page by page. The SDK's listing (getStatusBy, 3.5) reads all pages, so this calls the
 * engine's HTTP API, which the SDK itself uses.
 */
export function listedInstances(context: Invocation): ListedInstances {
  const input = context.options.extraInputs.find(({ type }) => type === 'durableClient');
  const { rpcBaseUrl, managementUrls } = binding.parse(input && context.extraInputs.get(input));
  return async (query) => {
    const url = rpcBaseUrl
      ? new URL('instances/', rpcBaseUrl)
      : new URL(managementUrls.statusQueryGetUri.replace(managementUrls.id, ''));
    for (const [name, value] of parametersOf(query)) url.searchParams.set(name, value);
    const headers: Record<string, string> =
      query.continuation === undefined ? {} : { [CONTINUATION]: query.continuation };
    const answer = await fetch(url, { headers });
    if (answer.status !== 200)
      throw new Error(`the durable engine answered a listing of instances with ${answer.status}`);
    const found = z.array(instance).parse(await answer.json());
    const next = answer.headers.get(CONTINUATION) ?? '';
    const instances = found.map((item) => item as unknown as InstanceStatus);
    return { instances, ...(next === '' ? {} : { continuation: next }) };
  };
}

/** Lists all runs whose instance ids have one of these prefixes. For short lists only. */
export async function allRuns(
  pages: InstancePages,
  { prefixes }: { readonly prefixes: readonly string[] },
): Promise<RunStatus[]> {
  const runs: RunStatus[] = [];
  for (const prefix of prefixes)
    for await (const page of pagesOf((continuation) => pages({ prefix, top: 100, continuation })))
      runs.push(...page.runs);
  return runs;
}

function parametersOf(query: InstanceQuery): [string, string][] {
  const { prefix, top, runtimeStatuses, createdFrom, createdTo, withoutInput = false } = query;
  return [
    ['showInput', String(!withoutInput)],
    ['top', String(top)],
    ...(prefix === '' ? [] : ([['instanceIdPrefix', prefix]] as [string, string][])),
    ...(runtimeStatuses ? ([['runtimeStatus', runtimeStatuses.join(',')]] as [string, string][]) : []),
    ...(createdFrom === undefined ? [] : ([['createdTimeFrom', createdFrom]] as [string, string][])),
    ...(createdTo === undefined ? [] : ([['createdTimeTo', createdTo]] as [string, string][])),
  ];
}
