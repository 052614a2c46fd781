import type { Reporter, TestModule, TestSpecification } from 'vitest/node';

/** What the tests of a project do, for somebody who sees them run for the first time. */
const WHAT: Readonly<Record<string, string>> = {
  unit: 'unit tests: functions, flows and adapters over fakes, in this process',
  'unit-alone': 'unit tests that need a process each: the local Functions host, the clock, the local stack',
  conformance: "conformance tests: recorded cases of Microsoft's Functions host, on the local one",
  e2e: 'end-to-end tests of the compiled app: npm run local, the demo, simulated days',
  'e2e-deployed': 'end-to-end tests of the packaged app: flows, faults, races, kills, a storm of events',
  after: 'afterwards: over all end-to-end tests, the app used each right of its role and no other',
  long: 'long tests: all trials of the fault matrices, many random schedules, a large storm, whole years',
};

/**
 * Says what starts: one line when a ring's first file starts, and how many files have ended whenever one of ten parts
 * has.
 */
export class RingProgress implements Reporter {
  #files = new Map<string, number>();
  #started = new Set<string>();
  #ended = 0;

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    for (const { project } of specifications) this.#files.set(project.name, (this.#files.get(project.name) ?? 0) + 1);
    const rings = [...this.#files].map(([name, files]) => `${name} (${files})`).join(', ');
    if (rings !== '')
      this.#say(`${this.#all} test ${this.#all === 1 ? 'file' : 'files'}: ${rings}. A line follows as each file ends.`);
  }

  onTestModuleStart({ project }: TestModule): void {
    const { name } = project;
    if (this.#started.has(name)) return;
    this.#started.add(name);
    const files = this.#files.get(name) ?? 0;
    this.#say(`${name} starts: ${files} ${files === 1 ? 'file' : 'files'}. ${sentence(WHAT[name] ?? name)}`);
  }

  onTestModuleEnd(): void {
    this.#ended += 1;
    const tenths = (files: number): number => Math.floor((files * 10) / this.#all);
    if (this.#all >= 10 && tenths(this.#ended) > tenths(this.#ended - 1))
      this.#say(`${this.#ended} of ${this.#all} test files have ended`);
  }

  get #all(): number {
    return [...this.#files.values()].reduce((sum, files) => sum + files, 0);
  }

  #say(line: string): void {
    console.log(`\n--- ${line}`);
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
