import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { getOpenApi } from '../../../../src/triggers/http/routes/openApi.js';
import { openApiDocument } from '../../../../src/triggers/http/openapi/document.js';
import { document, misfits, routes } from '../../fakes/answers/apiDocument.js';

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** What src/index.ts registers, as `POST onboardings`. */
const registered = [...read('src/index.ts').matchAll(/\.http\('\w+', \{(?<options>[\s\S]*?)\n\}\);/g)].map((match) => {
  const options = match.groups?.['options'] ?? '';
  const of = (pattern: RegExp) => pattern.exec(options)?.[1] ?? '';
  const level = options.includes('...forOperators(') ? 'operator' : of(/authLevel: '(\w+)'/);
  return { route: `${of(/methods: \['(\w+)'\]/)} ${of(/route: '([^']+)'/)}`, level };
});

const examples = [...routes].flatMap(([route, { requestBody, responses }]) =>
  [...Object.values(responses), requestBody].flatMap((item) =>
    Object.values(item?.content ?? {}).flatMap(({ schema, examples: named = {} }) =>
      Object.entries(named).map(([name, { value }]) => ({ name: `${route}: ${name}`, schema, value })),
    ),
  ),
);

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('would be invalid with an error in it', async () => {
    const faulty = { ...structuredClone(document), paths: { onboardings: {} } };
    expect((await new Validator().validate(faulty)).valid).toBe(false);
  });

  test('contains everything that it refers to', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/(?<path>[^"]+)"/g);
    for (const { groups } of references) {
      const found = (groups?.['path'] ?? '')
        .split('/')
        .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
      expect([groups?.['path'], found]).not.toContain(undefined);
    }
  });

  test('is the committed one: `npm run openapi` writes it', () => {
    expect(JSON.parse(read('docs/openapi.json'))).toEqual(document);
  });

  test('is served unchanged', async () => {
    const { status, headers, body } = await getOpenApi();
    expect([status, headers]).toEqual([200, { 'content-type': 'application/json' }]);
    expect(JSON.parse(body as string)).toEqual(document);
  });

  test('has the version of the package', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(openApiDocument().info.version).toBe(version);
  });

  test('has the routes that the app registers, and no other', () => {
    expect(registered.map(({ route }) => route).sort()).toEqual([...routes.keys()].sort());
  });

  test.each(registered)('says truly whether $route is for operators', ({ route, level }) => {
    // By default, a route is for operators.
    const open = routes.get(route)?.security !== undefined;
    expect(level).toBe(open ? 'anonymous' : 'operator');
  });

  test.each(examples)('has an example that fits: $name', ({ schema, value }) => {
    expect(misfits(schema, value)).toEqual([]);
  });
});
