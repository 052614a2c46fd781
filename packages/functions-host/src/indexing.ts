/**
 * Decides which registered functions the host serves. As on the real host, a function in error is left out and named at
 * start (`The 'x' function is in error: ...`), and the others run. A disabled function answers only to the master key.
 */
import { sameName } from './caseInsensitive.js';
import type { HostJson } from './config/hostJson.js';
import { authLevelOf, byName, isHttpFunction, methodsOf, routeOf } from './http/routes.js';
import { scheduleOf } from './triggers/schedule.js';
import type { AppFunction } from './worker/app.js';

/** The functions of an app as the host indexes them. */
export interface FunctionIndex {
  /** By name. */
  readonly served: readonly AppFunction[];
  /** Functions with a valid name, in error or not, by name: the list of /admin/functions. */
  readonly listed: readonly AppFunction[];
  readonly errors: ReadonlyMap<string, string>;
  isDisabled(fn: AppFunction): boolean;
}

const validName = /^[a-z][a-z0-9_-]{0,127}$/i;

/** Triggers and bindings that this host supports. */
const knownTypes = new Set(
  ['httpTrigger', 'http', 'timerTrigger', 'eventGridTrigger', 'warmupTrigger']
    .concat(['orchestrationTrigger', 'activityTrigger', 'entityTrigger', 'durableClient', 'orchestrationClient'])
    .map((type) => type.toLowerCase()),
);

/** How paths of the host itself begin. A function's route, or its name without one, may not begin like that. */
const ownPaths = /^(admin|runtime)/i;

export function indexFunctions(
  functions: Iterable<AppFunction>,
  hostJson: HostJson,
  environment: Readonly<Record<string, string | undefined>>,
): FunctionIndex {
  const errors = new Map<string, string>();
  const all = [...functions].sort(byName);
  const routes = new Map<string, { name: string; methods: readonly string[] }[]>();
  const only = hostJson.get('functions');
  // A list in the file; an object if it comes from the environment (functions__0).
  const names = typeof only === 'object' && only !== null ? Object.values(only) : undefined;
  const wanted = names === undefined ? undefined : new Set(names.map((name) => String(name).toLowerCase()));
  for (const fn of all) {
    const error = nameError(fn.name) ?? typeError(fn) ?? (isHttpFunction(fn) ? httpError(fn, routes) : undefined);
    const found = error ?? timerError(fn, environment);
    if (found !== undefined) errors.set(fn.name, found);
  }
  const listed = all.filter((fn) => nameError(fn.name) === undefined);
  const isWanted = (fn: AppFunction): boolean => wanted?.has(fn.name.toLowerCase()) ?? true;
  return {
    listed,
    errors,
    served: listed.filter((fn) => !errors.has(fn.name) && isWanted(fn)),
    isDisabled: (fn) => isDisabled(fn.name, environment),
  };
}

function nameError(name: string): string | undefined {
  return validName.test(name) && name.toLowerCase() !== 'host' ? undefined : `'${name}' is not a valid function name.`;
}

function typeError(fn: AppFunction): string | undefined {
  const unknown = Object.values(fn.bindings).filter((binding) => !knownTypes.has(binding.type.toLowerCase()));
  if (unknown.length === 0) return fn.triggerType === '' ? 'A function must have a trigger.' : undefined;
  const names = unknown.map((binding) => `'${binding.type}'`).join(', ');
  return `The binding type(s) ${names} are not served by this host.`;
}

function httpError(
  fn: AppFunction,
  routes: Map<string, { name: string; methods: readonly string[] }[]>,
): string | undefined {
  if (authLevelOf(fn) === undefined)
    return `Invalid value specified for binding property 'authLevel' of enum type AuthorizationLevel.`;
  const route = routeOf(fn);
  if (ownPaths.test(route)) return 'The specified route conflicts with one or more built in routes.';
  const methods = methodsOf(fn) ?? [];
  const same = routes.get(route.toLowerCase()) ?? [];
  const other = same.find(
    (one) => one.methods.length === 0 || methods.length === 0 || one.methods.some((method) => methods.includes(method)),
  );
  if (other !== undefined) return `The route specified conflicts with the route defined by function '${other.name}'.`;
  routes.set(route.toLowerCase(), [...same, { name: fn.name, methods }]);
  return undefined;
}

function timerError(fn: AppFunction, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  if (fn.triggerType.toLowerCase() !== 'timertrigger') return undefined;
  try {
    scheduleOf(fn, environment);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Azure docs: disable-function. On Linux, underscores may replace the dots of a name. */
function isDisabled(name: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const setting = Object.entries(environment).find(
    ([key]) => /^AzureWebJobs[._].+[._]Disabled$/i.test(key) && sameName(key.slice(13, -9), name),
  );
  return setting?.[1] === '1' || setting?.[1]?.toLowerCase() === 'true';
}
