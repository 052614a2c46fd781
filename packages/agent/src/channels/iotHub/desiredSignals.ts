import type { AgentClock } from '../../agentClock.js';
import type { HubDevice } from '../../joined/hub/hubDevice.js';
import type { Log } from '../../log.js';
import { createSeen } from '../../seen.js';
import type { Disposition, Signal, SignalHandler } from '../channel.js';
import { parseEvent, parseSignal } from '../events.js';
import type { ReceivedEvent } from '../events.js';
import type { Desired } from './desired.js';
import { openPayload } from './sealedPayload.js';

export interface DesiredSignalsOptions {
  readonly desired: Desired;
  /** The device, if it has keys of its own: what arrives must then be sealed to them. */
  readonly device?: Pick<HubDevice, 'open'>;
  readonly handle: SignalHandler;
  readonly clock: AgentClock;
  readonly log: Log;
}

/** Milliseconds until signals are handled again that could not be handled yet. */
const BUSY_PAUSE = 30_000;
/** A refused property is logged once, although each look finds it again. */
const MAX_REFUSED = 1_000;

/** Hands the signals in the desired properties to the agent, and again while it is too busy for one. */
export class DesiredSignals {
  readonly #refused = createSeen(MAX_REFUSED);
  #timer: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(private readonly options: DesiredSignalsOptions) {}

  /** Handles the signals that are in the desired properties now. */
  handleAll(): void {
    const { desired, device } = this.options;
    this.#timer?.cancel();
    if (device) void this.#handleSealed(device);
    else this.#handleEach(desired.events());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #handleSealed(device: Pick<HubDevice, 'open'>): Promise<void> {
    for (const message of this.options.desired.sealed()) {
      const opened = await openPayload(device, { message });
      if (!('problem' in opened)) {
        this.#handleEach(opened.messages.map(parseEvent));
        continue;
      }
      if (this.#refused.firstTime({ message, problem: opened.problem }))
        this.options.log('desired property refused', { reason: opened.problem });
      if (!opened.lasting) this.#handleLater();
    }
  }

  #handleEach(events: readonly (ReceivedEvent | undefined)[]): void {
    const dispositions = events.map((event) => this.#handle(event));
    if (dispositions.includes('busy')) this.#handleLater();
  }

  #handleLater(): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    const { clock } = this.options;
    this.#timer = clock.setTimer(new Date(clock.now().getTime() + BUSY_PAUSE), () => this.handleAll());
  }

  /** @returns `done` for a check that was reported before a restart, `refused` for what is not a signal */
  #handle(event: ReceivedEvent | undefined): Disposition | 'done' | 'refused' {
    const { handle, log } = this.options;
    const parsed = parseSignal(event);
    if (parsed && !('problem' in parsed)) return this.#isDone(parsed) ? 'done' : handle(parsed);
    if (this.#refused.firstTime(event)) log('desired property refused', { fields: parsed?.problem ?? 'type' });
    return 'refused';
  }

  #isDone({ kind, data }: Signal): boolean {
    const done = this.options.desired.reportedCheck();
    if (kind !== 'pullCheckRequested' || !done) return false;
    return done.operation === data.operation && done.attempt === data.attempt;
  }
}
