/**
 * With GOLDEN_LOG set, writes what each orchestrator and entity was given and what it answered, one JSON line a turn.
 */
import { appendFileSync } from 'node:fs';

import { app } from '@azure/functions';

const file = process.env['GOLDEN_LOG'];
const recorded = /^(orchestration|entity)Trigger$/i;

interface Turn {
  type: string;
  name: string;
  in: unknown;
  out?: unknown;
  error?: { name: unknown; message: unknown };
}

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

if (file !== undefined) {
  app.hook.preInvocation((hook) => {
    const { invocationContext: context } = hook;
    const { type } = context.options.trigger;
    if (!recorded.test(type)) return;
    // Copied now: the SDK turns times into Dates in place.
    hook.hookData['turn'] = { type, name: context.functionName, in: copy(hook.inputs[0]) };
  });
  app.hook.postInvocation((hook) => {
    const turn = hook.hookData['turn'] as Turn | undefined;
    if (turn === undefined) return;
    const error = hook.error as { name?: unknown; message?: unknown } | undefined;
    if (error !== undefined && error !== null) turn.error = { name: error.name, message: error.message };
    else turn.out = hook.result ?? null;
    appendFileSync(file, `${JSON.stringify(turn)}\n`);
  });
}
