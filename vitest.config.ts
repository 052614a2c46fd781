import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { FOLDER as BUNDLES } from './test/bundlePrograms.js';
import { LongestFirst } from './test/longestFirst.js';
import { RingProgress } from './test/ringProgress.js';
import { IN_LONG_RING, ofRing } from './test/e2e/harness/ring.js';

const build = ['./test/buildOnce.ts', './test/bundlePrograms.ts'];
const forgetNotes = './test/forgetNotes.ts';
const patience = './test/patience.ts';
const unpack = './test/unpackPackage.ts';

/** What a test may ask of its surroundings. Tests without a tag run on the local host and on Microsoft's own alike. */
const tags = [
  {
    name: 'local-host',
    description:
      'is about the local Functions host or the launcher that supervises it: there is nothing to try elsewhere',
  },
  {
    name: 'jumping-clock',
    description: 'needs the clock that jumps, which a host that is not ours does not follow',
  },
  {
    name: 'kills-again',
    description:
      'kills the host, as crash.test.ts does: on Microsoft’s own host each kill takes a minute, so there in the long form only',
  },
  {
    name: 'long',
    description:
      'repeats in another place what the default ring shows once: in the long ring only (`npm run test:long`)',
    skip: !IN_LONG_RING,
  },
];

/** Tags of tests that cannot run on Microsoft's host. */
const onlyLocal = ['local-host', 'jumping-clock'];

/** Test files of the app and of all workspaces by the end of their names. */
const tests = (name: string) => [`test/**/${name}.test.ts`, `packages/*/test/**/${name}.test.ts`];

const notUnit = [
  ...['e2e', 'func', 'system', 'after', 'conformance', 'packed'].map((folder) => `test/${folder}/**`),
  'test/infra/bicep.test.ts',
  ...['system', 'az', 'long'].map((kind) => `**/*.${kind}.test.ts`),
];

/** Unit tests that need a process for each file: it has one programming model, one log of the host and one clock. */
const aProcessEach = [
  'packages/functions-host/test/**/*.test.ts',
  'packages/clock/test/*.test.ts',
  'test/workspaces/fullDisk.test.ts',
  'test/src/triggers/http/requestPairing.test.ts',
  // It replaces a module, which files that share their imports would not see.
  'test/src/domain/schedules/freezeWindowLooks.test.ts',
];

const named = (...files: readonly string[]) => files.map((file) => `test/e2e/${file}.test.ts`);

/**
 * What loading may change: every kind of function, every SDK, the metrics. These run on the packaged app, too
 * (`package`).
 */
const mainFlows = [
  'demo',
  'deviceChannels',
  'hubEvents',
  'onboarding',
  'operators',
  'refusals',
  'rotation',
  'telemetry',
];

/**
 * End-to-end tests of the compiled files: what starts the app as `npm run local`, `npm run demo` and `npm run year` do,
 * and in the long ring the main flows, too. All others run the app as it is deployed, which loads faster (`npm run
 * bench:cold`).
 */
const onCompiledFiles = [
  ...named(
    'demo',
    'launcher',
    'launcherFlags',
    ...ofRing({ default: [], long: mainFlows.filter((flow) => flow !== 'demo') }),
  ),
  'test/e2e/year/**/*.test.ts',
];

/**
 * Each file starts a whole stack of five processes, which mostly wait for each other: four at once leave two cores a
 * quarter idle.
 */
const manyStacks = { isolate: false, maxWorkers: 6, testTimeout: 600_000, hookTimeout: 300_000 };

/** Settings of a ring that runs the app as it is deployed. */
const onDeployedApp = {
  setupFiles: [patience],
  globalSetup: [...build, unpack, forgetNotes],
  tags,
  env: { APP_FOLDER: 'package/unpacked' },
  ...manyStacks,
};

// Where the end-to-end tests of this run note what the app asked of ARM; test/after looks at the sum. Inherited by all
// workers.
process.env['APP_OPERATIONS'] = join(tmpdir(), `app-operations-${process.pid}`);

// Programs that tests start are bundled, which halves the time to load them. Inherited by all workers, and by what they
// start.
process.env['BUNDLED_PROGRAMS'] = BUNDLES;

/**
 * Time limits are for what hangs, not for what is slow: none of them is near what a test takes.
 *
 * Eight rings: unit, with unit-alone (no process of ours but where the test is about one), conformance (the recorded
 * cases of the real Functions host), e2e, with e2e-deployed (everything, over public interfaces only), func (the same
 * tests with the app on the real Functions host; `npm run test:func` finds one), package (e2e's main flows, with the
 * app as it is deployed), system (needs programs that npm cannot install), after (looks at what a whole run of e2e has
 * left; only with it), infra (needs the Bicep CLI; `npm run test:infra` finds one; what only reads the committed
 * snapshots is in unit too).
 */
// oxlint-disable-next-line import/no-default-export -- Vitest reads the default export.
export default defineConfig({
  // Workspaces import each other by name: in tests their sources, as in types; compiled processes take what was built.
  ssr: { resolve: { conditions: ['source', 'node', 'development|production'] } },
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new RingProgress()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          setupFiles: [patience],
          include: tests('*'),
          exclude: [...notUnit, ...aProcessEach],
          globalSetup: [...build],
          // Files share what they import: most of a file's time would be the import of the SDKs.
          isolate: false,
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-alone',
          setupFiles: [patience],
          include: aProcessEach,
          exclude: notUnit,
          globalSetup: [...build],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          setupFiles: [patience],
          include: tests('*.long'),
          globalSetup: [...build],
          fileParallelism: false,
          testTimeout: 1_800_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          setupFiles: [patience],
          include: ['test/conformance/**/*.test.ts'],
          globalSetup: [...build],
          // With the end-to-end tests: its one file mostly waits.
          maxWorkers: manyStacks.maxWorkers,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          setupFiles: [patience],
          include: onCompiledFiles,
          globalSetup: [...build, forgetNotes],
          tags,
          ...manyStacks,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-deployed',
          include: ['test/e2e/**/*.test.ts'],
          exclude: onCompiledFiles,
          ...onDeployedApp,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: [...named(...mainFlows), 'test/packed/**/*.test.ts'],
          ...onDeployedApp,
          sequence: { groupOrder: 8 },
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          setupFiles: [patience],
          include: ['test/infra/**/*.test.ts'],
          // The hooks need no Bicep, and are in unit.
          exclude: ['test/infra/hooks/**'],
          testTimeout: 600_000,
          sequence: { groupOrder: 7 },
        },
      },
      {
        extends: true,
        test: {
          name: 'after',
          setupFiles: [patience],
          include: ['test/after/**/*.test.ts'],
          sequence: { groupOrder: 6 },
        },
      },
      {
        extends: true,
        test: {
          name: 'func',
          setupFiles: [patience],
          // Not the fault matrix, the random schedules and the storm, hundreds of runs that each take seconds there:
          // they are about the flow, which the rest shows on that host. Nor, but in the long form, what is about the
          // adapters or the stand-ins alone, or what the others show there too.
          exclude: IN_LONG_RING
            ? []
            : named(
                'asynchronousWrites',
                'azurePace',
                'deviceChannels',
                'echoes',
                'history',
                'reports',
                'silence',
                'tokenOwnership',
                'enrolment/kills/agentKilled',
              ),
          include: [
            'test/e2e/*.test.ts',
            'test/e2e/enrolment/{agent,hub,join,sealed}.test.ts',
            'test/e2e/enrolment/kills/agentKilled.test.ts',
            'test/e2e/enrolment/lost/*.test.ts',
            // Entities signal entities there.
            'test/e2e/access/recordedPollers.test.ts',
            // Its routes have a parameter that may be empty.
            'test/e2e/page/served.test.ts',
            'test/e2e/enrolment/forged/*.test.ts',
            // Its host limits and hands on bodies.
            'test/e2e/rollouts/compressed.test.ts',
            'test/e2e/races/{fortyAtOnce,oneClient}.test.ts',
            'test/func/**/*.test.ts',
          ],
          globalSetup: [...build, forgetNotes],
          tags: tags.map((tag) => ({ ...tag, skip: !IN_LONG_RING || onlyLocal.includes(tag.name) })),
          env: { APP_HOST: 'functions' },
          maxWorkers: 2,
          // A killed host goes on with what it had in its hands after a minute.
          testTimeout: 1_800_000,
          // Core Tools may have to download the extension bundle first.
          hookTimeout: 600_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          setupFiles: [patience],
          include: ['test/system/**/*.test.ts', ...tests('*.system')],
          globalSetup: [...build],
          // Programs start and pages wait: two files at once take half the time. Each has its own folders and ports.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'az',
          setupFiles: [patience],
          include: tests('*.az'),
          globalSetup: [...build],
          // The CLI keeps one core busy while it starts; each file has a configuration of its own.
          maxWorkers: 2,
          // Every command starts the CLI, which takes a second or two.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
