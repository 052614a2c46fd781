import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { EmptyFolder } from './emptyFolder.js';

/* What is published of packages/functions-host, installed in an empty folder and used as its README says. */
const NAME = '@connected-registry/functions-host';
const modules = join(projectRoot(), 'node_modules');

let folder: EmptyFolder;
let installed: string;
beforeAll(() => {
  folder = new EmptyFolder();
  folder.installHost();
  installed = join(folder.path, 'node_modules', NAME);
  cpSync(join(installed, 'examples'), folder.path, { recursive: true });
});
afterAll(() => folder.dispose());

const filesBelow = (place: string): string[] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(place.length + 1));

describe('the package', () => {
  test('holds programs, types, examples and documents, and nothing of the repository', () => {
    const others = filesBelow(installed).filter(
      (file) => !/^(dist\/(testing\/)?[\w-]+\.(js|d\.ts)|examples\/.+)$/.test(file),
    );
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/functions-host.js',
      'docs/local-host.md',
      'package.json',
    ]);
    const code = filesBelow(join(installed, 'dist')).map((file) => readFileSync(join(installed, 'dist', file), 'utf8'));
    expect(code.filter((text) => text.includes('@connected-registry/'))).toEqual([]);
  });

  test('may be published, depends on packages of the registry alone, and exports its API alone', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, object>;
    expect(manifest).not.toHaveProperty('private');
    expect(Object.keys(manifest['dependencies'] ?? {})).toEqual(['croner', 'tinyglobby']);
    expect(Object.keys(manifest['exports'] ?? {})).toEqual(['.', './package.json']);
    const code = `import('${NAME}').then((api) => console.log(Object.keys(api).sort().join()))`;
    expect(folder.run('.', process.execPath, '-e', code)).toBe('FunctionsHostError,startHost\n');
  });

  test('is not packed from the workspace itself, whose exports are for the repository', () => {
    const workspace = join(projectRoot(), 'packages/functions-host');
    expect(() => folder.run(workspace, 'npm', 'pack', '--dry-run')).toThrow('Pack it with: npm run package:host');
  });

  test('has documents whose links lead to its own files', () => {
    const missing = ['README.md', 'docs/local-host.md', 'CHANGELOG.md'].flatMap((file) => {
      const links = [...readFileSync(join(installed, file), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
      return links
        .map(([, path = '']) => path)
        .filter((path) => !path.startsWith('https:') && !existsSync(join(installed, dirname(file), path)))
        .map((path) => `${file}: ${path}`);
    });
    expect(missing).toEqual([]);
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    expect(readme).not.toContain('In this repository');
    expect(readme).not.toContain('not published yet');
    expect(readme).not.toContain('<!-- repository -->');
  });

  test('has types that strict apps compile with', () => {
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2022',
      '--module',
      'nodenext',
    ];
    const types = ['--types', 'node', '--typeRoots', join(modules, '@types'), '--skipLibCheck', 'false'];
    folder.write({
      'typed/consumer.mts': `
        import { startHost, type FunctionsHost, type InstanceStatus } from '${NAME}';
        const host: FunctionsHost = await startHost({ app: '.', clock: 'jumping', startAt: new Date() });
        const status: InstanceStatus = await host.waitForInstance(await host.start('hello', { input: 1 }));
        const output: unknown = status.output;
        // @ts-expect-error -- no such clock
        await startHost({ clock: 'sundial' });
        await host[Symbol.asyncDispose]();
        export { output };
      `,
    });
    const compiler = join(modules, 'typescript/bin/tsc');
    expect(folder.run('typed', process.execPath, compiler, ...options, ...types, 'consumer.mts')).toBe('');
  });
});

describe('startHost', () => {
  test('serves the example for node:test', () => {
    const printed = folder.run('hello-cities', process.execPath, '--test', '--test-reporter=tap');
    expect(printed).toMatch(/^# pass 2$/m);
    expect(printed).toMatch(/^# fail 0$/m);
  });

  test('serves the example for Vitest, whose clock jumps', () => {
    const vitest = join(modules, 'vitest', 'vitest.mjs');
    const report = folder.run('approval', process.execPath, vitest, 'run', '--root', '.', '--reporter=json');
    expect(JSON.parse(report)).toMatchObject({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 0 });
  });
});

describe('npx functions-host start', () => {
  const web = `app.http('greet', { authLevel: 'anonymous', route: 'greet/{name}', handler: (request) => ({ jsonBody: { hello: request.params.name } }) });`;

  test.concurrent.each([
    ['web-esm', { type: 'module', main: 'index.js' }, `import { app } from '@azure/functions'; ${web}`],
    ['web-cjs', { main: 'index.js' }, `const { app } = require('@azure/functions'); ${web}`],
  ])('serves an HTTP app: %s', async (name, manifest, code) => {
    folder.write({
      [`${name}/package.json`]: JSON.stringify({ name, ...manifest }),
      [`${name}/host.json`]: '{"version":"2.0"}',
      [`${name}/index.js`]: code,
    });
    const { url, printed } = await folder.npxStart(name);
    expect(printed).toContain(`\tgreet: [GET,POST] ${url}/api/greet/{name}\n`);
    expect(await (await fetch(`${url}/api/greet/Ada`)).json()).toEqual({ hello: 'Ada' });
  });

  test.concurrent.each(['cjs', 'esm'])('runs hello-cities to its end: %s', async (kind) => {
    const app = `hello-${kind}`;
    cpSync(join(folder.path, 'hello-cities'), join(folder.path, app), { recursive: true });
    if (kind === 'esm') asModules(app);
    // The app's own key opens its route; a caller has it from local settings or from keys.json.
    const { url, printed } = await folder.npxStart(app);
    expect(printed).toContain('\thelloCities: orchestrationTrigger\n');
    const keys = JSON.parse(readFileSync(join(folder.path, app, '.local/host/keys.json'), 'utf8')) as {
      function: string;
    };
    const started = await fetch(`${url}/api/hello-cities`, {
      method: 'POST',
      headers: { 'x-functions-key': keys.function },
    });
    expect(started.status).toBe(202);
    const { statusQueryGetUri } = (await started.json()) as { statusQueryGetUri: string };
    await vi.waitFor(
      async () =>
        expect(await (await fetch(statusQueryGetUri)).json()).toMatchObject({
          runtimeStatus: 'Completed',
          output: ['Hello, Tokyo', 'Hello, Seattle', 'Hello, Cairo'],
        }),
      { timeout: 30_000, interval: 50 },
    );
  });

  /** The same app as ES modules. */
  function asModules(app: string): void {
    const file = `${app}/src/functions/helloCities.js`;
    const manifest = JSON.parse(readFileSync(join(folder.path, app, 'package.json'), 'utf8')) as object;
    const code = readFileSync(join(folder.path, file), 'utf8');
    const changed = code
      .replace("const { app } = require('@azure/functions');", "import { app } from '@azure/functions';")
      .replace("const df = require('durable-functions');", "import * as df from 'durable-functions';");
    expect(changed).not.toContain('require(');
    folder.write({ [`${app}/package.json`]: JSON.stringify({ ...manifest, type: 'module' }), [file]: changed });
  }
});
