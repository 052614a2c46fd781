import type { OrchestrationContext } from 'durable-functions';
import { vi } from 'vitest';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { FakeDurableContext, type Call } from '../durable/durableContext.js';

/** What a flow runs against: it does the work behind the activities and entities that the flow calls. */
export interface Answers {
  /** `name` is the activity's, or the entity's operation. What it throws fails the call. */
  answer(name: string, call: Call, engine: FakeDurableContext): unknown;
  /** Whether the date goes with the engine's clock, from the present date on. Needs fake timers. */
  readonly followsDate: boolean;
}

/** A report, and how many seconds after the request it arrives. */
export interface DelayedReport {
  readonly after: number;
  readonly report: PullCheckReport;
}

type Hook = (name: string, call: Call, engine: FakeDurableContext) => void | Promise<void>;

/** What happens while a flow runs. */
export interface Script {
  /** Before an activity or entity does its work. */
  readonly before?: Hook;
  /** After it. */
  readonly after?: Hook;
  /** How the device answers each attempt of the pull check: by default it never reports. */
  readonly device?: (attempt: number) => PullCheckReport | DelayedReport | undefined;
}

/** A flow, what it runs against and is given, and what happens in the meantime. */
export interface FlowOrder<T, World extends Answers> {
  readonly world: World;
  readonly flow: (context: OrchestrationContext) => Generator<unknown, T, unknown>;
  readonly input: unknown;
  readonly script?: Script;
}

/** What could be seen of a flow that has ended. */
export interface FlowEnd<T, World extends Answers> {
  readonly outcome: T;
  readonly world: World;
  /** The engines of the flow and of each time that it continued as new, in order. */
  readonly engines: readonly FakeDurableContext[];
  /** The last of them. */
  readonly context: FakeDurableContext;
  /** Every call that the flow made. */
  readonly calls: readonly Call[];
  /** Names of the calls of one kind, or of all: of activities, and of operations of entities. */
  readonly names: (kind?: Call['kind']) => string[];
}

/** Seconds after which a device reports that says nothing else. */
const REPORTS_AFTER = 2;

/** Runs a flow on the fake engine to its end, also when it continues as new. */
export async function runFlow<T, World extends Answers>(order: FlowOrder<T, World>): Promise<FlowEnd<T, World>> {
  const { world, flow, script = {} } = order;
  const engines: FakeDurableContext[] = [];
  for (let input: unknown = order.input; ;) {
    const engine: FakeDurableContext = new FakeDurableContext(input, async (call) => {
      if (world.followsDate) vi.setSystemTime(call.at);
      const name = nameOf(call);
      await script.before?.(name, call, engine);
      const answer = await world.answer(name, call, engine);
      if (name === 'requestPullCheck') report(engine, order.input, call, script.device);
      await script.after?.(name, call, engine);
      return answer;
    });
    if (world.followsDate) engine.now = new Date();
    engines.push(engine);
    const outcome = await engine.run(flow);
    if (world.followsDate) vi.setSystemTime(engine.now);
    if (engine.anew === undefined) return endOf(outcome, world, engines, engine);
    input = engine.anew;
  }
}

function endOf<T, World extends Answers>(
  outcome: T,
  world: World,
  engines: readonly FakeDurableContext[],
  context: FakeDurableContext,
): FlowEnd<T, World> {
  const calls = engines.flatMap((engine) => engine.calls);
  const names = (kind?: Call['kind']) => calls.filter((call) => !kind || call.kind === kind).map(nameOf);
  return { outcome, world, engines, context, calls, names };
}

/** Raises the device's report of one attempt as the event for which the run waits. */
function report(engine: FakeDurableContext, run: unknown, { input }: Call, device: Script['device']): void {
  const { attempt } = input as { attempt: number };
  const given = device?.(attempt);
  if (!given) return;
  const { after, report: sent } = 'after' in given ? given : { after: REPORTS_AFTER, report: given };
  const event = reportEventName((run as { run: string }).run, attempt);
  engine.raiseIn(after, event, { hash: reportHash(sent), report: sent });
}

function nameOf({ name }: Call): string {
  return name.split('.').at(-1) ?? '';
}
