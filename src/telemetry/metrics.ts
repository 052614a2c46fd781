/**
 * The app's metrics, by names and dimensions of low cardinality: never a client, a token or an image. Alerts and workbook in
 * infra/ read them under these names.
 */
export const METRICS = {
  'onboarding.operations': {
    unit: '{operation}',
    dimensions: ['kind', 'outcome', 'code'],
    says: 'runs that have ended; failed ones by their code',
  },
  'onboarding.step.seconds': {
    unit: 's',
    dimensions: ['step', 'outcome'],
    says: 'how long one try of a step took',
  },
  'onboarding.calls': {
    unit: '{call}',
    dimensions: ['service', 'outcome'],
    says: 'calls of Azure services, throttled ones among them',
  },
  'onboarding.credential.days': {
    unit: 'd',
    dimensions: [],
    says: 'days until a current credential expires',
  },
  'onboarding.pull_check.seconds': {
    unit: 's',
    dimensions: ['kind'],
    says: 'how long a device took to pull the image of a check that passed',
  },
  'onboarding.residue': {
    unit: '{resource}',
    dimensions: ['kind'],
    says: 'what a failed run could not take back',
  },
} as const satisfies Readonly<Record<string, Metric>>;

interface Metric {
  /** As UCUM has it. */
  readonly unit: string;
  readonly dimensions: readonly string[];
  readonly says: string;
}

export type MetricName = keyof typeof METRICS;
