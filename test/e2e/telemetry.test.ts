import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { Ingestion } from '../src/telemetry/ingestion.js';
import { onboardingOf } from './harness/appClient.js';
import { HostSpans } from './harness/hostSpans.js';
import { ON_REAL_HOST } from './harness/hostUnderTest.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let folder: string;
let ingestion: Ingestion;
let host: HostSpans;
let it: TestStack;
/** The onboarding that all tests look at. */
let id: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
  ingestion = await Ingestion.start(await ensureCertificates(folder));
  host = await HostSpans.start();
  it = await startTestStack({
    settings: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
      // The stand-in for Application Insights has an authority of its own.
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      ...(ON_REAL_HOST ? host.settings : {}),
    },
  });
  id = await it.app.start(onboardingOf('traced'));
  await it.app.end(id);
});
afterAll(async () => {
  await it.dispose();
  await ingestion.close();
  await host.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Waits for the span of the last step, with which all earlier ones have come. */
async function spansHaveCome(): Promise<void> {
  const copies = () => ingestion.calls().filter(({ name }) => name === 'vault.copy');
  await expect.poll(copies, { interval: 200 }).toHaveLength(1);
}

test('the service calls of an onboarding are spans', async () => {
  expect(await it.app.operation(id)).toMatchObject({ status: 'completed' });
  await spansHaveCome();
  for (const name of [
    'controlPlane.createToken',
    'controlPlane.generatePassword',
    'vault.store',
    'devices.requestPullCheck',
  ])
    expect(ingestion.calls().map((call) => call.name)).toContain(name);
});

// The local host has no distributed tracing.
test.runIf(ON_REAL_HOST)('one trace reaches from the request of an onboarding to the report', async () => {
  await spansHaveCome();
  const traces = ingestion
    .calls()
    .filter(({ name }) => /createToken|generatePassword|vault\.(store|copy)|requestPullCheck/.test(name))
    .map(({ trace }) => trace);
  expect(new Set(traces).size).toBe(1);

  // The run goes on in the trace of the request that started it.
  const request = () => host.spans.find(({ texts }) => texts.some((text) => text.endsWith('/api/onboardings')));
  await expect.poll(request, { interval: 200 }).toMatchObject({ trace: traces[0] });

  // The host's own span of the report is a child of the activity that asked for it. A slow device is asked, and
  // reports, more than once; and the host has a span of its own for handing a request on to the app.
  const isChild = () => {
    const asking = ingestion.calls().filter(({ name }) => name === 'devices.requestPullCheck');
    const reports = host.spans.filter(({ texts }) => texts.some((text) => text.endsWith(`/pull-checks/${id}/1`)));
    return reports.some(({ trace, parent }) => trace === traces[0] && asking.some((call) => call.parent === parent));
  };
  await expect.poll(isChild, { interval: 200 }).toBe(true);
});

test(
  'metrics are sent when the app ends, and contain no name of an installation',
  { tags: ['local-host'] },
  async () => {
    await it.stack.stop();
    const metrics = ingestion.metrics();
    const named = (name: string) => metrics.filter((metric) => metric.name === name);
    expect(named('onboarding.operations')).toMatchObject([
      { value: 1, properties: { kind: 'onboard', outcome: 'completed', code: 'none' } },
    ]);
    expect(named('onboarding.pull_check.seconds')).toHaveLength(1);
    expect(named('onboarding.step.seconds').map(({ properties }) => properties['step'])).toContain('issueCredentials');
    expect(named('onboarding.calls').map(({ properties }) => properties['service'])).toContain('controlPlane');
    const own = ingestion.envelopes.map(({ data }) => data);
    expect(JSON.stringify(own)).not.toMatch(/traced|hello-world|myregistry|myconnectedregistry/);
  },
);
