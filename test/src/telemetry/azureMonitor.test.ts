import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureCertificates, type CertificateFiles } from '@connected-registry/azure-simulator/tls/certificates';
import { azureMonitorSink } from '../../../src/telemetry/azureMonitor.js';
import { telemetryFrom } from '../../../src/telemetry/fromEnvironment.js';
import { METRICS } from '../../../src/telemetry/metrics.js';
import { Ingestion } from './ingestion.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

let folder: string;
let certificates: CertificateFiles;
let ingestion: Ingestion;
const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
  certificates = await ensureCertificates(folder);
  // The authority was made after this process, whose own list of authorities is read when it starts.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
});
beforeEach(async () => (ingestion = await Ingestion.start(certificates)));
afterEach(() => ingestion.close());
afterAll(() => {
  if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

test('metrics arrive under their names, with their dimensions, and histograms with minimum and maximum', async () => {
  const sink = await azureMonitorSink({ connectionString: ingestion.connectionString, role: 'tests' });
  const dimensions = { kind: 'onboard', outcome: 'failed', code: 'cancelled' };
  sink.measure({ name: 'onboarding.operations', value: 1, dimensions });
  sink.measure({ name: 'onboarding.operations', value: 1, dimensions });
  for (const value of [40, 3, 90]) sink.measure({ name: 'onboarding.credential.days', value, dimensions: {} });
  await sink.end();
  const named = (name: string) => ingestion.metrics().filter((metric) => metric.name === name);
  expect(named('onboarding.operations')).toMatchObject([{ value: 2, properties: dimensions }]);
  expect(named('onboarding.credential.days')).toMatchObject([{ min: 3, max: 90 }]);
});

test('a call belongs to the trace of its invocation, and one without a trace to none', async () => {
  const sink = await azureMonitorSink({ connectionString: ingestion.connectionString, role: 'tests' });
  const at = { startedAt: Date.now() - 20, endedAt: Date.now() };
  sink.span({ ...at, name: 'vault.current', outcome: 'succeeded', traceParent: `00-${TRACE}-${SPAN}-01` });
  sink.span({ ...at, name: 'controlPlane.getToken', outcome: 'throttled', traceParent: '' });
  await sink.end();
  const calls = ingestion.calls().toSorted((a, b) => a.name.localeCompare(b.name));
  expect(calls).toMatchObject([
    { name: 'controlPlane.getToken', success: false },
    { name: 'vault.current', success: true, trace: TRACE, parent: SPAN },
  ]);
  expect(calls[0]?.trace).not.toBe(TRACE);
});

test('the app sends no telemetry if the host sends none', () => {
  const credential = { getToken: () => Promise.resolve(null) };
  expect(telemetryFrom({}, credential)).toBeUndefined();
  expect(
    telemetryFrom({ APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString }, credential),
  ).toBeDefined();
});

test('telemetry from before the modules are loaded is sent when the app stops', async () => {
  const credential = { getToken: () => Promise.resolve(null) };
  const telemetry = telemetryFrom({ APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString }, credential);
  telemetry?.measure({ name: 'onboarding.residue', value: 2, dimensions: { kind: 'offboard' } });
  await telemetry?.end();
  expect(ingestion.metrics()).toMatchObject([
    { name: 'onboarding.residue', value: 2, properties: { kind: 'offboard' } },
  ]);
});

test('every metric has a description, and few dimensions', () => {
  for (const [name, { unit, dimensions, says }] of Object.entries(METRICS)) {
    expect(name).toMatch(/^onboarding\.[a-z_.]+$/);
    expect(unit).not.toBe('');
    expect(says).not.toBe('');
    expect(dimensions.length).toBeLessThanOrEqual(3);
    for (const dimension of dimensions) expect(['kind', 'outcome', 'code', 'step', 'service']).toContain(dimension);
  }
});
