/** Answers that the web server refuses or breaks, and what functions see of odd requests. */
import { app, type HttpResponseInit } from '@azure/functions';

const answers: Record<string, HttpResponseInit> = {
  accent: { headers: { 'a-before': '1', 'x-file': 'größe.txt', 'y-after': '2' }, body: 'x' },
  farPath: { cookies: [{ name: 'a', value: '1', path: '/č' }], body: 'x' },
  zeroLength: { headers: { 'content-length': '0' }, body: 'abcdef' },
  tooLong: { headers: { 'content-length': '99' }, body: 'abcdef' },
  exact: { headers: { 'content-length': '6' }, body: 'abcdef' },
  noCookieName: { cookies: [{ name: '', value: '1' }], body: 'x' },
};

app.http('oddAnswers', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'odd/{kind}',
  handler: (request) => answers[request.params['kind'] ?? ''] ?? {},
});
app.http('query', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request) => ({ jsonBody: [...request.query] }),
});
app.http('dated', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'dated/{day:datetime}',
  handler: (request) => ({ jsonBody: request.params }),
});
app.http('throwsNull', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => {
    // oxlint-disable-next-line typescript/only-throw-error -- What is thrown is the case.
    throw null;
  },
});
