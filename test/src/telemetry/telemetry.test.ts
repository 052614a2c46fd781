import { describe, expect, test } from 'vitest';
import type { OrchestrationContext } from 'durable-functions';
import type { Ports } from '../../../src/ports/ports.js';
import { ServiceError } from '../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../src/serviceErrors/serviceFacts.js';
import { countedFlow } from '../../../src/telemetry/countedFlow.js';
import { measuredPorts } from '../../../src/telemetry/measuredPorts.js';
import {
  createTelemetry,
  type CallSpan,
  type Measurement,
  type TelemetrySink,
} from '../../../src/telemetry/telemetry.js';
import type { SecretVault } from '../../../src/ports/secretVault.js';
import { onlyVault } from '../fakes/services/vaults.js';

class Recorded implements TelemetrySink {
  readonly measurements: Measurement[] = [];
  readonly spans: CallSpan[] = [];
  measure(measurement: Measurement): void {
    this.measurements.push(measurement);
  }
  span(span: CallSpan): void {
    this.spans.push(span);
  }
  end(): Promise<void> {
    return Promise.resolve();
  }
}

function contextOf(isReplaying: boolean): OrchestrationContext {
  return { df: { isReplaying } } as unknown as OrchestrationContext;
}

const FAILED = { status: 'failed', failure: { code: 'cancelled', residue: ['token a', 'scope map b'] } };

describe('a flow', () => {
  function ended(
    outcome: typeof FAILED | { status: string; result?: object; startedAs?: string },
    isReplaying = false,
  ): Recorded {
    const recorded = new Recorded();
    const flow = countedFlow(
      'onboard',
      function* () {
        return outcome;
      },
      recorded,
    );
    expect(flow(contextOf(isReplaying)).next()).toEqual({ done: true, value: outcome });
    return recorded;
  }

  test('is counted when it ends, by kind, outcome and code, with its residue', () => {
    expect(ended(FAILED).measurements).toEqual([
      {
        name: 'onboarding.operations',
        value: 1,
        dimensions: { kind: 'onboard', outcome: 'failed', code: 'cancelled' },
      },
      { name: 'onboarding.residue', value: 2, dimensions: { kind: 'onboard' } },
    ]);
  });

  test('measures how long the device took to pull', () => {
    const { measurements } = ended({ status: 'completed', result: { pull: { milliseconds: 1500 } } });
    expect(measurements.at(-1)).toEqual({
      name: 'onboarding.pull_check.seconds',
      value: 1.5,
      dimensions: { kind: 'onboard' },
    });
  });

  test('is not counted in a replay, nor if it only waited for another run', () => {
    expect(ended(FAILED, true).measurements).toEqual([]);
    expect(ended({ status: 'completed', startedAs: 'other' }).measurements).toEqual([]);
  });
});

describe('calls of services', () => {
  const recorded = new Recorded();
  const throttled = new ServiceError({
    kind: 'throttled',
    operation: 'get token',
    resource: resourceName('a-name'),
    status: 429,
  });
  const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString();
  const tags = {
    managedBy: 'connected-registry-onboarding',
    registry: 'r',
    connectedRegistry: 'c',
    client: 'd',
    token: 't',
    scopeMap: 's',
    slot: 'password1',
    expiresOn: inTenDays,
    issued: `run 1 ${new Date().toISOString()}`,
    made: 'none',
  };
  const ports = measuredPorts(
    {
      controlPlane: { getToken: () => Promise.reject(throttled) },
      vaults: onlyVault({
        page: () =>
          Promise.resolve({
            secrets: [
              { name: 'main', tags, isEnabled: true },
              { name: 'main-candidate', tags, isEnabled: true },
              { name: 'disabled', tags, isEnabled: false },
              { name: 'foreign', tags: {}, isEnabled: true },
            ],
          }),
      } as unknown as SecretVault),
      devices: {},
      hubs: {},
      alerts: {},
    } as unknown as Ports,
    recorded,
  );

  test('are spans and counts by service and outcome, and their errors are passed on', async () => {
    await expect(ports.controlPlane.getToken('r', 'a-name')).rejects.toBe(throttled);
    expect(recorded.spans.at(-1)).toMatchObject({ name: 'controlPlane.getToken', outcome: 'throttled' });
    expect(recorded.measurements.at(-1)).toEqual({
      name: 'onboarding.calls',
      value: 1,
      dimensions: { service: 'controlPlane', outcome: 'throttled' },
    });
    expect(JSON.stringify([recorded.spans, recorded.measurements])).not.toContain('a-name');
  });

  test('that list credentials measure the days until each current one expires', async () => {
    await ports.vaults.of(undefined).page();
    const days = recorded.measurements
      .filter(({ name }) => name === 'onboarding.credential.days')
      .map(({ value }) => value);
    expect(days).toHaveLength(1);
    expect(days[0]).toBeCloseTo(10, 1);
  });
});

test('telemetry that cannot be sent is reported once, and does not stop the app', async () => {
  const warnings: string[] = [];
  const telemetry = createTelemetry(
    () => Promise.reject(new TypeError('a secret')),
    (text) => warnings.push(text),
  );
  telemetry.measure({ name: 'onboarding.residue', value: 1, dimensions: {} });
  await telemetry.end();
  telemetry.measure({ name: 'onboarding.residue', value: 1, dimensions: {} });
  await telemetry.end();
  expect(warnings).toEqual([expect.stringContaining('TypeError')]);
  expect(warnings.join()).not.toContain('a secret');
});
