/** The page at `/`, which tells that the host runs. */
import type { Answer } from './answer.js';

const page = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Azure Function App is up and running.</title></head>
<body><h1>Your Functions app is up and running</h1><p>It is served by the local Functions host.</p></body>
</html>
`;

export const homePage: Answer = { status: 200, headers: { 'content-type': 'text/html' }, body: page };
