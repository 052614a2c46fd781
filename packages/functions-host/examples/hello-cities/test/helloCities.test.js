const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, test } = require('node:test');

let host;
before(async () => {
  const { startHost } = await import('@connected-registry/functions-host');
  host = await startHost({ app: path.join(__dirname, '..') });
});
after(() => host?.stop());

test('greets the cities of its input', async () => {
  const id = await host.start('helloCities', { input: ['Lima', 'Oslo'] });
  const { runtimeStatus, output } = await host.waitForInstance(id);
  assert.deepEqual({ runtimeStatus, output }, { runtimeStatus: 'Completed', output: ['Hello, Lima', 'Hello, Oslo'] });
});

test('is started by an HTTP request', async () => {
  const answer = await host.fetch('/api/hello-cities', { method: 'POST' });
  assert.equal(answer.status, 202);
  const { id } = await answer.json();
  assert.equal((await host.waitForInstance(id)).output.length, 3);
});
