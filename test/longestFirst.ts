import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Parts of the paths of files that take longest, in order. Started last, one would run alone while the other workers
 * idle. Files that mostly wait (conformance, silence, azurePace) stand beside files that compute.
 */
const LONGEST = [
  '/launcher.',
  '/conformance/',
  '/year/',
  '/cli/commands',
  '/azurePace',
  '/access/recordedPollers',
  '/races/cancel',
  '/rollouts/',
  '/enrolment/kills/',
  '/faults/',
  '/silence',
  '/fleet/',
  '/races/',
  '/launcherFlags',
  '/e2e/tokenOwnership',
  '/e2e/revocation',
  '/e2e/offboarding',
  '/e2e/onboarding',
  '/enrolment/',
  '/e2e/rotation',
  '/deviceChannels',
  '/crash',
  '/e2e/inventory',
  '/e2e/echoes',
  '/storms/',
  '/everyCall',
  '/checkNode',
  '/fuzz',
  '/lateRepetitions',
  '/gateway/nested',
  '/channelsProcess',
  '/process',
  '/azure-simulator/test/main',
];

/** Starts the longest files first; a fresh clone has no times of earlier runs, by which Vitest would sort. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((part) => moduleId.includes(part));
      return found === -1 ? LONGEST.length : found;
    };
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
