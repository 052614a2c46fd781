import { randomUUID } from 'node:crypto';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { appendWhole } from '@connected-registry/clock/files/appendedFile';
import type { Clock } from '@connected-registry/clock/clock';
import type { Store } from '../state/store.js';
import { passes } from './advancedFilters.js';
import {
  subscriptionKey,
  type EventDelivery,
  type EventGridState,
  type EventSubscription,
  type SystemTopic,
  type Topic,
} from './eventGridState.js';
import { asCloudEvent, asGridEvent, facts, type AnyEvent } from './events.js';
import { retryVerdict } from './retrySchedule.js';
import { deliver, isWebhook } from './webhook.js';

interface Parts {
  state: EventGridState;
  file: Store;
  clock: Clock;
  /** File for dead letters, one JSON object per line. */
  deadLetterFile: string;
  log: (event: string, fields: Record<string, unknown>) => void;
}

/** Milliseconds that deliveries in progress have to end when the process ends. */
const LAST_ANSWERS = 300;

/** Delivers events to subscribers at least once, also across restarts. The order is not kept, as in the service. */
export class Broker {
  readonly #parts: Parts;
  readonly #timers = new Map<string, { cancel(): void }>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Continues deliveries that were in progress when the process ended. */
  start(): void {
    for (const delivery of this.#parts.state.deliveries.values()) this.#schedule(delivery);
  }

  topics(): readonly Topic[] {
    return [...this.#parts.state.topics.values()];
  }

  topic(name: string): Topic | undefined {
    return this.#parts.state.topics.get(name);
  }

  putTopic(topic: Topic): void {
    this.#parts.state.topics.set(topic);
  }

  removeTopic(name: string): void {
    this.#parts.state.topics.delete(name);
  }

  systemTopics(): readonly SystemTopic[] {
    return [...this.#parts.state.systemTopics.values()];
  }

  systemTopic(name: string): SystemTopic | undefined {
    return this.#parts.state.systemTopics.get(name);
  }

  putSystemTopic(topic: SystemTopic): void {
    this.#parts.state.systemTopics.set(topic);
  }

  removeSystemTopic(name: string): void {
    this.#parts.state.systemTopics.delete(name);
  }

  subscriptions(source: string): EventSubscription[] {
    return this.allSubscriptions().filter((one) => sameName(one.source, source));
  }

  /** The subscriptions that receive a source's events: its own, and those below its system topics. */
  subscribers(source: string): EventSubscription[] {
    const below = this.systemTopics()
      .filter((one) => sameName(one.source, source))
      .map(({ name }) => `/microsoft.eventgrid/systemtopics/${name.toLowerCase()}`);
    const nested = this.allSubscriptions().filter((one) => below.some((end) => one.source.toLowerCase().endsWith(end)));
    return [...this.subscriptions(source), ...nested];
  }

  /** The resource whose events a subscription at this path receives: for a system topic, that topic's source. */
  eventSource(source: string): string {
    const name = /\/microsoft\.eventgrid\/systemtopics\/([^/]+)$/i.exec(source)?.[1];
    return (name === undefined ? undefined : this.systemTopic(name)?.source) ?? source;
  }

  allSubscriptions(): readonly EventSubscription[] {
    return [...this.#parts.state.subscriptions.values()];
  }

  subscription(source: string, name: string): EventSubscription | undefined {
    return this.#parts.state.subscriptions.get(subscriptionKey({ source, name }));
  }

  putSubscription(subscription: EventSubscription): void {
    this.#parts.state.subscriptions.set(subscription);
  }

  /** Removes a subscription with its undelivered events. */
  removeSubscription(subscription: EventSubscription): void {
    const { state } = this.#parts;
    const key = subscriptionKey(subscription);
    state.subscriptions.delete(key);
    for (const delivery of state.deliveries.values()) {
      if (subscriptionKey({ source: delivery.source, name: delivery.subscription }) === key) this.#forget(delivery);
    }
  }

  deliveries(): readonly EventDelivery[] {
    return [...this.#parts.state.deliveries.values()];
  }

  /**
   * Queues events for the subscribers of any of `sources`. They are on disk when this returns.
   *
   * @param sources resource ids, for example of a topic, or of a resource group and its subscription
   * @throws the system's error if they cannot be written; none of them is delivered then
   */
  publish(sources: readonly string[], events: readonly AnyEvent[]): void {
    const { state, clock, file } = this.#parts;
    const now = clock.now().toISOString();
    const made: EventDelivery[] = [];
    for (const source of sources) {
      for (const subscription of this.subscribers(source)) {
        if (subscription.provisioningState !== 'Succeeded' || !isWebhook(subscription)) continue;
        for (const event of events) {
          if (!wants(subscription, event)) continue;
          const { name, source: own } = subscription;
          made.push({
            id: randomUUID(),
            source: own,
            subscription: name,
            event,
            published: now,
            attempts: 0,
            due: now,
          });
        }
      }
    }
    if (made.length === 0) return;
    for (const delivery of made) state.deliveries.set(delivery);
    try {
      file.commit();
    } catch (error) {
      for (const delivery of made) state.deliveries.delete(delivery.id);
      throw error;
    }
    for (const delivery of made) this.#schedule(delivery);
  }

  /** Starts no more deliveries, and waits briefly for those in progress. Others are retried after the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    const timeout = setTimeout(() => this.#stop.abort(), LAST_ANSWERS);
    await Promise.allSettled(this.#running);
    clearTimeout(timeout);
  }

  #schedule(delivery: EventDelivery): void {
    if (this.#closing) return;
    const timer = this.#parts.clock.setTimer(new Date(delivery.due), () => {
      this.#timers.delete(delivery.id);
      const run = this.#attempt(delivery).finally(() => this.#running.delete(run));
      this.#running.add(run);
    });
    this.#timers.set(delivery.id, timer);
  }

  async #attempt(delivery: EventDelivery): Promise<void> {
    const subscription = this.subscription(delivery.source, delivery.subscription);
    if (!subscription || !isWebhook(subscription)) return this.#forget(delivery);
    const { clock, file, log, state } = this.#parts;
    const topic = topicOf(this.eventSource(subscription.source));
    const event =
      subscription.deliverySchema === 'CloudEventSchemaV1_0'
        ? asCloudEvent(delivery.event, topic)
        : asGridEvent(delivery.event, topic, delivery.published);
    const status = await deliver(subscription, event, delivery.attempts, this.#stop.signal);
    if (this.#stop.signal.aborted || !this.#parts.state.deliveries.get(delivery.id)) return;

    const attempts = delivery.attempts + 1;
    const tried: EventDelivery = {
      ...delivery,
      attempts,
      lastOutcome: status === undefined ? 'NoResponse' : `Status ${status}`,
    };
    const verdict = retryVerdict(status, attempts);
    const { type, subject } = facts(delivery.event);
    log('delivery', {
      subscription: subscription.name,
      type,
      subject,
      attempt: attempts,
      outcome: verdict.outcome,
      status: status ?? 'none',
    });
    if (verdict.outcome === 'delivered') return this.#forget(delivery);
    const due = new Date(clock.now().getTime() + verdict.wait * 1000);
    const lives = new Date(delivery.published).getTime() + subscription.eventTimeToLiveInMinutes * 60_000;
    const isOver = attempts >= subscription.maxDeliveryAttempts || due.getTime() > lives;
    if (verdict.outcome === 'dead' || isOver) {
      this.#deadLetter(
        tried,
        subscription,
        verdict.outcome === 'dead' ? 'Undeliverable' : 'MaxDeliveryAttemptsExceeded',
      );
      return;
    }
    const next: EventDelivery = { ...tried, due: due.toISOString() };
    state.deliveries.set(next);
    file.changed();
    this.#schedule(next);
  }

  /** Azure docs: event-grid manage-event-delivery, "dead-letter events". */
  #deadLetter(delivery: EventDelivery, subscription: EventSubscription, reason: string): void {
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
      appendWhole(deadLetterFile, `${JSON.stringify(letter)}\n`);
    } catch (error) {
      log('error', { message: `could not write a dead letter: ${(error as Error).message}` });
    }
    log('dead-letter', { subscription: subscription.name, id: delivery.event.event.id, reason });
    this.#forget(delivery);
  }

  #forget(delivery: EventDelivery): void {
    this.#timers.get(delivery.id)?.cancel();
    this.#timers.delete(delivery.id);
    const { state, file } = this.#parts;
    state.deliveries.delete(delivery.id);
    file.changed();
  }
}

/** IoT Hub writes its own id in upper case (Azure docs: event-grid event-schema-iot-hub). */
function topicOf(source: string): string {
  return /\/providers\/microsoft\.devices\/iothubs\/[^/]+$/i.test(source) ? source.toUpperCase() : source;
}

function wants(subscription: EventSubscription, any: AnyEvent): boolean {
  const { filter } = subscription;
  const { type, subject } = facts(any);
  const fold = (text: string): string => (filter.isSubjectCaseSensitive ? text : text.toLowerCase());
  return (
    (filter.includedEventTypes === undefined || filter.includedEventTypes.some((one) => sameName(one, type))) &&
    fold(subject).startsWith(fold(filter.subjectBeginsWith)) &&
    fold(subject).endsWith(fold(filter.subjectEndsWith)) &&
    passes(filter.advancedFilters ?? [], filter.enableAdvancedFilteringOnArrays ?? false, any)
  );
}
