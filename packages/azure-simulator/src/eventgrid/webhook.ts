import { randomUUID } from 'node:crypto';
import { attributeHeaders } from './deliveryAttributes.js';
import type { EventSubscription } from './eventGridState.js';

/** Event Grid's origin in the CloudEvents handshake. */
const ORIGIN = 'eventgrid.azure.net';
/** Milliseconds of real time for an endpoint to answer (Azure docs: event-grid delivery-and-retry: 30 seconds). */
const DELIVERY_TIMEOUT = 30_000;
const VALIDATION_TIMEOUT = 10_000;

/** The only kind of subscription with deliveries. */
export type WebhookSubscription = EventSubscription & { readonly endpointUrl: string };

export function isWebhook(subscription: EventSubscription): subscription is WebhookSubscription {
  return subscription.endpointUrl !== undefined;
}

/** An endpoint was not accepted. The message never contains its address. */
export class EndpointRefused extends Error {}

/**
 * Verifies that an endpoint accepts these events (Azure docs: event-grid webhook-event-delivery, and
 * end-point-validation-cloud-events-schema): an OPTIONS request for CloudEvents, a validation event for Event Grid's
 * schema. An endpoint may answer the latter later by calling the validation URL.
 *
 * @returns `later` if the endpoint accepted the event, but did not return the code
 * @throws EndpointRefused
 */
export async function validateEndpoint(
  subscription: Pick<WebhookSubscription, 'name' | 'endpointUrl' | 'deliverySchema'>,
  topic: string,
  code: string,
  validationUrl: string,
  now: Date,
): Promise<'accepted' | 'later'> {
  if (subscription.deliverySchema === 'CloudEventSchemaV1_0') {
    const response = await call(subscription.endpointUrl, VALIDATION_TIMEOUT, {
      method: 'OPTIONS',
      headers: {
        'webhook-request-origin': ORIGIN,
        'webhook-request-rate': '120',
        'webhook-request-callback': validationUrl,
      },
    });
    const allowed = response.headers.get('webhook-allowed-origin') ?? '';
    const accepts = allowed.split(',').some((one) => ['*', ORIGIN].includes(one.trim().toLowerCase()));
    if (response.ok && accepts) return 'accepted';
    throw new EndpointRefused(
      `the OPTIONS request was answered with ${response.status} and WebHook-Allowed-Origin '${allowed}'`,
    );
  }
  const response = await call(subscription.endpointUrl, VALIDATION_TIMEOUT, {
    method: 'POST',
    headers: { ...notificationHeaders(subscription.name, 0), 'aeg-event-type': 'SubscriptionValidation' },
    body: JSON.stringify([
      {
        id: randomUUID(),
        topic,
        subject: '',
        data: { validationCode: code, validationUrl },
        eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
        eventTime: now.toISOString(),
        metadataVersion: '1',
        dataVersion: '2',
      },
    ]),
  });
  if (!response.ok) throw new EndpointRefused(`the validation event was answered with ${response.status}`);
  const answer = (await response.json().catch(() => undefined)) as { validationResponse?: unknown } | undefined;
  return answer?.validationResponse === code ? 'accepted' : 'later';
}

/**
 * Sends one event, without batching.
 *
 * @returns the answer's status; undefined if there was no answer in time
 */
export async function deliver(
  subscription: WebhookSubscription,
  event: object,
  attempt: number,
  stop: AbortSignal,
): Promise<number | undefined> {
  const isCloud = subscription.deliverySchema === 'CloudEventSchemaV1_0';
  try {
    const response = await call(
      subscription.endpointUrl,
      DELIVERY_TIMEOUT,
      {
        method: 'POST',
        headers: {
          ...attributeHeaders(subscription.deliveryAttributeMappings ?? [], event),
          ...notificationHeaders(subscription.name, attempt),
          ...(isCloud
            ? { 'content-type': 'application/cloudevents+json; charset=utf-8', 'webhook-request-origin': ORIGIN }
            : { 'aeg-data-version': '', 'aeg-metadata-version': '1' }),
        },
        body: JSON.stringify(isCloud ? event : [event]),
      },
      stop,
    );
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}

function notificationHeaders(subscription: string, deliveryCount: number): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'aeg-subscription-name': subscription.toUpperCase(),
    'aeg-delivery-count': String(deliveryCount),
    'aeg-event-type': 'Notification',
    'user-agent': 'AzureEventGrid',
  };
}

async function call(url: string, timeout: number, init: RequestInit, stop?: AbortSignal): Promise<Response> {
  const signals = [AbortSignal.timeout(timeout), ...(stop ? [stop] : [])];
  try {
    return await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) });
  } catch (error) {
    // The cause may contain the address; its code is enough.
    const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    throw new EndpointRefused(`there was no answer (${code})`);
  }
}
