/** The process of a host that a test has started. Orders and reports pass over the channel between the processes. */
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { makeUsable } from '@connected-registry/clock/files/usableFolder';
import { handleCrashes, startErrorText } from '../crashes.js';
import { startHostInProcess, type RunningHost } from '../host.js';
import { captureConsole } from '../log/capturedConsole.js';
import type { LogEntry } from '../log/log.js';
import { jumpingTime, type JumpingTime } from './jumpingTime.js';
import { orderIn, packed, type Moment, type Order, type Report } from './messages.js';

const ownFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Without a channel this process was not started by `startHost`, and nobody would get its reports. */
const send = (report: Report, sent?: () => void): void => {
  process.send?.(packed(report), undefined, undefined, () => sent?.());
};
const sink = ({ time, level, category, message }: LogEntry): void =>
  send({ kind: 'log', line: { time, level, category, message } });
const exit = (code: number, last: Report): void => send(last, () => process.exit(code));

let running: RunningHost | undefined;
let time: JumpingTime | undefined;

async function start(order: Extract<Order, { kind: 'start' }>): Promise<void> {
  const { appDir, dataDir, inMemory, port, strict, startAt } = order;
  handleCrashes({
    sink,
    ownFolder,
    strict,
    failRunning: () => running?.failRunning(),
    end: (message) => exit(1, { kind: 'failed', message }),
  });
  time = startAt === undefined ? undefined : jumpingTime(startAt);
  const giveBack = captureConsole((message) =>
    sink({ time: new Date(), level: 'information', category: 'Host.Function.Console', message, fields: {} }),
  );
  try {
    makeUsable(dataDir, 'store:');
    running = await startHostInProcess({
      appDir,
      dataDir,
      port,
      strict,
      logSink: sink,
      durable: { inMemory },
      ...(time === undefined ? {} : { clock: time.clock }),
    });
    const functions = running.index.served.map(({ name, triggerType }) => ({ name, trigger: triggerType }));
    send({ kind: 'serving', url: running.url, keys: running.keys, functions });
  } catch (error) {
    giveBack();
    exit(1, { kind: 'failed', message: startErrorText(error, ownFolder) });
  }
}

function tell(number: number, moment: Moment | undefined): void {
  if (moment !== undefined) send({ kind: 'time', number, ...moment });
}

async function stop(): Promise<void> {
  await running?.stop();
  process.exit(0);
}

async function follow(order: Order): Promise<void> {
  switch (order.kind) {
    case 'start':
      return start(order);
    case 'time':
      return tell(order.number, { now: Date.now(), stops: 0, busy: false });
    case 'jump':
      return tell(order.number, await time?.jump(order));
    case 'stop':
      return stop();
  }
}

process.on('message', (message) => {
  const order = orderIn(message);
  if (order !== undefined) void follow(order);
});
// The test's process has ended without stopping its host.
process.on('disconnect', () => void stop());
