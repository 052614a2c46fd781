/** The API of the published package: a host for tests. Everything else in this folder is internal. */
export { startHost } from './testing/startHost.js';
export { FunctionsHostError } from './testing/functionsHostError.js';
export type {
  Duration,
  FunctionsHost,
  HostFunction,
  HostKeys,
  InstanceFilter,
  InstanceStatus,
  LogLine,
  RuntimeStatus,
  StartOptions,
} from './testing/functionsHost.js';
