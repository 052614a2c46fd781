import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import type { Snapshot } from '../state/snapshot.js';
import type { Delivery, EventGridState, EventSubscription, Topic } from './eventGridState.js';
import { asCloudEvent, asGridEvent, facts, type AnyEvent } from './events.js';
import { judge } from './retrySchedule.js';
import { deliver } from './webhook.js';

interface Parts {
  state: EventGridState;
  file: Snapshot;
  clock: Clock;
  /** Dead letters are appended here, a JSON object a line. */
  deadLetterFile: string;
  log: (event: string, fields: Record<string, unknown>) => void;
}

/** Milliseconds that deliveries in progress get to end when the process does. */
const LAST_ANSWERS = 300;

/** Carries events to subscribers, each at least once, over restarts too. Order is not kept, as in the service. */
export class Broker {
  readonly #parts: Parts;
  readonly #timers = new Map<string, { cancel(): void }>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes up what was on its way when the process ended. */
  start(): void {
    for (const delivery of this.#parts.state.deliveries) this.#schedule(delivery);
  }

  topics(): readonly Topic[] {
    return this.#parts.state.topics;
  }

  topic(name: string): Topic | undefined {
    return this.#parts.state.topics.find((one) => one.name.toLowerCase() === name.toLowerCase());
  }

  putTopic(topic: Topic): void {
    const others = this.#parts.state.topics.filter((one) => one.name.toLowerCase() !== topic.name.toLowerCase());
    this.#parts.state.topics = [...others, topic];
    this.#parts.file.changed();
  }

  removeTopic(name: string): void {
    this.#parts.state.topics = this.#parts.state.topics.filter((one) => one.name.toLowerCase() !== name.toLowerCase());
    this.#parts.file.changed();
  }

  subscriptions(source: string): EventSubscription[] {
    return this.#parts.state.subscriptions.filter((one) => one.source.toLowerCase() === source.toLowerCase());
  }

  allSubscriptions(): readonly EventSubscription[] {
    return this.#parts.state.subscriptions;
  }

  subscription(source: string, name: string): EventSubscription | undefined {
    return this.subscriptions(source).find((one) => one.name.toLowerCase() === name.toLowerCase());
  }

  putSubscription(subscription: EventSubscription): void {
    const { state, file } = this.#parts;
    state.subscriptions = [...state.subscriptions.filter((one) => !isSame(one, subscription)), subscription];
    file.changed();
  }

  /** Its undelivered events go with it. */
  removeSubscription(subscription: EventSubscription): void {
    const { state, file } = this.#parts;
    state.subscriptions = state.subscriptions.filter((one) => !isSame(one, subscription));
    for (const delivery of state.deliveries) if (isFor(delivery, subscription)) this.#forget(delivery);
    file.changed();
  }

  deliveries(): readonly Delivery[] {
    return this.#parts.state.deliveries;
  }

  /**
   * Queues events for whoever subscribes to any of `sources`. Resolves when they are safe on disk.
   *
   * @param sources resource ids, for instance of a topic, or of a resource group and its subscription
   */
  async publish(sources: readonly string[], events: readonly AnyEvent[]): Promise<void> {
    const { state, clock, file } = this.#parts;
    const now = clock.now().toISOString();
    const made: Delivery[] = [];
    for (const source of sources) {
      for (const subscription of this.subscriptions(source)) {
        if (subscription.provisioningState !== 'Succeeded') continue;
        for (const event of events) {
          if (!wants(subscription, event)) continue;
          const { name } = subscription;
          made.push({ id: randomUUID(), source, subscription: name, event, published: now, attempts: 0, due: now });
        }
      }
    }
    if (made.length === 0) return;
    state.deliveries.push(...made);
    file.changed();
    await file.flush();
    for (const delivery of made) this.#schedule(delivery);
  }

  /** Begins no delivery any more, and gives those in progress a moment; the rest is tried again after the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    const patience = setTimeout(() => this.#stop.abort(), LAST_ANSWERS);
    await Promise.allSettled(this.#running);
    clearTimeout(patience);
  }

  #schedule(delivery: Delivery): void {
    if (this.#closing) return;
    const timer = this.#parts.clock.setTimer(new Date(delivery.due), () => {
      this.#timers.delete(delivery.id);
      const run = this.#attempt(delivery).finally(() => this.#running.delete(run));
      this.#running.add(run);
    });
    this.#timers.set(delivery.id, timer);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const subscription = this.subscription(delivery.source, delivery.subscription);
    if (!subscription) return this.#forget(delivery);
    const { clock, file, log } = this.#parts;
    const topic = subscription.source;
    const event =
      subscription.deliverySchema === 'CloudEventSchemaV1_0'
        ? asCloudEvent(delivery.event, topic)
        : asGridEvent(delivery.event, topic, delivery.published);
    const status = await deliver(subscription, event, delivery.attempts, this.#stop.signal);
    if (this.#stop.signal.aborted || !this.#parts.state.deliveries.includes(delivery)) return;

    delivery.attempts += 1;
    delivery.lastOutcome = status === undefined ? 'NoResponse' : `Status ${status}`;
    const verdict = judge(status, delivery.attempts);
    const { type, subject } = facts(delivery.event);
    log('delivery', {
      subscription: subscription.name,
      type,
      subject,
      attempt: delivery.attempts,
      outcome: verdict.outcome,
      status: status ?? 'none',
    });
    if (verdict.outcome === 'delivered') return this.#forget(delivery);
    const due = new Date(clock.now().getTime() + verdict.wait * 1000);
    const lives = new Date(delivery.published).getTime() + subscription.eventTimeToLiveInMinutes * 60_000;
    const isOver = delivery.attempts >= subscription.maxDeliveryAttempts || due.getTime() > lives;
    if (verdict.outcome === 'dead' || isOver) {
      await this.#deadLetter(
        delivery,
        subscription,
        verdict.outcome === 'dead' ? 'Undeliverable' : 'MaxDeliveryAttemptsExceeded',
      );
      return;
    }
    delivery.due = due.toISOString();
    file.changed();
    this.#schedule(delivery);
  }

  /** Azure docs: event-grid manage-event-delivery, "dead-letter events". */
  async #deadLetter(delivery: Delivery, subscription: EventSubscription, reason: string): Promise<void> {
    const { clock, deadLetterFile, log } = this.#parts;
    const letter = {
      ...delivery.event.event,
      deadLetterReason: reason,
      deliveryAttempts: delivery.attempts,
      lastDeliveryOutcome: delivery.lastOutcome,
      publishTime: delivery.published,
      lastDeliveryAttemptTime: clock.now().toISOString(),
    };
    try {
      await appendFile(deadLetterFile, `${JSON.stringify(letter)}\n`, { mode: 0o600 });
    } catch (error) {
      log('error', { message: `could not write a dead letter: ${(error as Error).message}` });
    }
    log('dead-letter', { subscription: subscription.name, id: delivery.event.event.id, reason });
    this.#forget(delivery);
  }

  #forget(delivery: Delivery): void {
    this.#timers.get(delivery.id)?.cancel();
    this.#timers.delete(delivery.id);
    const { state, file } = this.#parts;
    state.deliveries = state.deliveries.filter((one) => one !== delivery);
    file.changed();
  }
}

function wants(subscription: EventSubscription, any: AnyEvent): boolean {
  const { filter } = subscription;
  const { type, subject } = facts(any);
  const fold = (text: string): string => (filter.isSubjectCaseSensitive ? text : text.toLowerCase());
  return (
    (filter.includedEventTypes === undefined ||
      filter.includedEventTypes.some((one) => one.toLowerCase() === type.toLowerCase())) &&
    fold(subject).startsWith(fold(filter.subjectBeginsWith)) &&
    fold(subject).endsWith(fold(filter.subjectEndsWith))
  );
}

function isSame(a: EventSubscription, b: EventSubscription): boolean {
  return a.source.toLowerCase() === b.source.toLowerCase() && a.name.toLowerCase() === b.name.toLowerCase();
}

function isFor(delivery: Delivery, subscription: EventSubscription): boolean {
  return isSame({ ...subscription, source: delivery.source, name: delivery.subscription }, subscription);
}
