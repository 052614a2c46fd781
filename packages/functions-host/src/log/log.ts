import { sameName } from '../caseInsensitive.js';
/** Structured logging of the host with levels and categories. */

/** From the most to the least verbose, as in host.json's logging.logLevel (Azure docs: configure-monitoring). */
const logLevels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields of an entry in addition to its text. Never a key, a secret or a body. */
export interface LogFields {
  readonly functionName?: string;
  readonly invocationId?: string;
  readonly [field: string]: string | number | boolean | undefined;
}

/** One entry as a sink gets it. */
export interface LogEntry {
  readonly time: Date;
  readonly level: Exclude<LogLevel, 'none'>;
  readonly category: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger for one category, e.g. `Host.Startup`, `Function.hello.User`, `Host.Triggers.DurableTask`. */
export interface HostLog {
  readonly category: string;
  /** The same sink under another category. */
  for(category: string): HostLog;
  isEnabled(level: LogLevel): boolean;
  write(level: Exclude<LogLevel, 'none'>, message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Levels by category prefix, as in host.json: `{ default: 'Information', 'Host.Results': 'Error' }`. */
export type LogLevelRules = Readonly<Record<string, string>>;

/** The level of a category: from the longest rule that is a prefix of it, else `default`, else information. */
export function levelOf(rules: LogLevelRules, category: string): LogLevel {
  let best: [length: number, level: string] = [-1, 'information'];
  for (const [rule, level] of Object.entries(rules)) {
    const length = sameName(rule, 'default') ? 0 : rule.length;
    const applies = length === 0 || category.toLowerCase().startsWith(rule.toLowerCase());
    if (applies && length > best[0]) best = [length, level];
  }
  const found = best[1].toLowerCase();
  return logLevels.find((level) => level === found) ?? 'information';
}

/** Creates the root logger. `sink` gets the entries that the rules allow, and must not throw. */
export function createLog(options: {
  rules: LogLevelRules;
  sink: (entry: LogEntry) => void;
  now?: () => Date;
  category?: string;
}): HostLog {
  const { rules, sink, now = () => new Date(), category: first = 'Host' } = options;
  // One logger per category, because loggers are requested at each invocation.
  const made = new Map<string, HostLog>();
  const logFor = (category: string): HostLog => {
    const found = made.get(category) ?? loggerFor(category, { rules, sink, now, logFor });
    made.set(category, found);
    return found;
  };
  return logFor(first);
}

function loggerFor(
  category: string,
  root: {
    rules: LogLevelRules;
    sink: (entry: LogEntry) => void;
    now: () => Date;
    logFor: (category: string) => HostLog;
  },
): HostLog {
  const { rules, sink, now, logFor } = root;
  const threshold = logLevels.indexOf(levelOf(rules, category));
  const isEnabled = (level: LogLevel): boolean => level !== 'none' && logLevels.indexOf(level) >= threshold;
  const write: HostLog['write'] = (level, message, fields = {}) => {
    if (isEnabled(level)) sink({ time: now(), level, category, message, fields });
  };
  return {
    category,
    for: logFor,
    isEnabled,
    write,
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('information', message, fields),
    warn: (message, fields) => write('warning', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}
