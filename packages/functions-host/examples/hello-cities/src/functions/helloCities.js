const { app } = require('@azure/functions');
const df = require('durable-functions');

df.app.activity('sayHello', { handler: (city) => `Hello, ${city}` });

df.app.orchestration('helloCities', function* (context) {
  const greetings = [];
  for (const city of context.df.getInput() || ['Tokyo', 'Seattle', 'Cairo'])
    greetings.push(yield context.df.callActivity('sayHello', city));
  return greetings;
});

app.http('startHelloCities', {
  methods: ['POST'],
  route: 'hello-cities',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    return client.createCheckStatusResponse(request, await client.startNew('helloCities'));
  },
});
