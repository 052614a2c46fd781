/**
 * The app's metrics. Names and dimensions have low cardinality: no client, token or image. The alerts and the workbook
 * in infra/ use these names.
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
  /** A unit of UCUM, the Unified Code for Units of Measure. */
  readonly unit: string;
  readonly dimensions: readonly string[];
  readonly says: string;
}

export type MetricName = keyof typeof METRICS;
