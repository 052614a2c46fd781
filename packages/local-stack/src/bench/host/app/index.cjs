// What `npm run bench:host` measures a Functions host with: orchestrations of no-op activities, and ways to wait for
// them. Plain JavaScript with the two public packages alone, so that the local host and the real one run the same
// files.
const { app } = require('@azure/functions');
const df = require('durable-functions');

/** Ends of orchestrations since this process began, and who waits for how many. */
let ended = 0;
const waiting = [];

function end() {
  ended += 1;
  for (let index = waiting.length - 1; index >= 0; index -= 1)
    if (waiting[index].count <= ended) waiting.splice(index, 1)[0].resolve();
}

const whenEnded = (count) =>
  ended >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve }));

df.app.activity('nothing', { handler: () => ({ done: true }) });

df.app.orchestration('five', function* (context) {
  for (let step = 0; step < 5; step += 1) yield context.df.callActivity('nothing', { step });
  end();
  return 'five';
});

df.app.orchestration('fanOut', function* (context) {
  const { width } = context.df.getInput();
  const tasks = [];
  for (let index = 0; index < width; index += 1) tasks.push(context.df.callActivity('nothing', { index }));
  yield context.df.Task.all(tasks);
  end();
  return width;
});

df.app.orchestration('waits', function* (context) {
  yield context.df.callActivity('nothing', { step: 0 });
  const answer = yield context.df.waitForExternalEvent('goOn');
  end();
  return answer;
});

const open = { authLevel: 'anonymous', methods: ['GET'] };

app.http('ping', { ...open, handler: () => ({ body: 'pong' }) });

/** Answers once this many orchestrations have ended in this process; without a number at once, how many it were. */
app.http('ended', {
  ...open,
  handler: async (request) => {
    const count = request.query.get('count');
    if (count !== null) await whenEnded(Number(count));
    return { jsonBody: { ended } };
  },
});

/** One orchestration after the other, each until its status says Completed; answers with the milliseconds of each. */
app.http('oneByOne', {
  ...open,
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const milliseconds = [];
    for (let index = 0; index < Number(request.query.get('count')); index += 1) {
      const began = performance.now();
      const last = whenEnded(ended + 1);
      const id = await client.startNew('five');
      await last;
      while ((await client.getStatus(id)).runtimeStatus !== df.OrchestrationRuntimeStatus.Completed);
      milliseconds.push(performance.now() - began);
    }
    return { jsonBody: { milliseconds } };
  },
});

/**
 * Memory of this process, bytes, collected first where it was started with --expose-gc; and the processor time it has
 * used, ms.
 */
app.http('usage', {
  ...open,
  handler: () => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { jsonBody: { rss, heap: heapUsed + external, cpu: (user + system) / 1000 } };
  },
});
