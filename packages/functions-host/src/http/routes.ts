/**
 * Finds the HTTP function for a request. As on the real host, routes are tried in the alphabetical order of the
 * functions' names, and the first match wins: a literal route has no precedence over a parameter.
 */
import { sameName } from '../caseInsensitive.js';
import type { AppFunction } from '../worker/app.js';
import { parseTemplate, type RouteTemplate } from './routeTemplate.js';

/** The key level that a function requires. */
export type AuthLevel = 'anonymous' | 'function' | 'admin';

export interface FunctionRoute {
  readonly fn: AppFunction;
  readonly template: RouteTemplate;
  /** Upper case; undefined means every method. */
  readonly methods: readonly string[] | undefined;
  readonly authLevel: AuthLevel;
}

/** The order of functions in the real host: by name, ignoring case. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  const [left, right] = [a.name.toUpperCase(), b.name.toUpperCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function isHttpFunction(fn: AppFunction): boolean {
  return sameName(fn.triggerType, 'httptrigger');
}

/** The route in a function's trigger, without the prefix. */
export function routeOf(fn: AppFunction): string {
  const route = fn.bindings[fn.triggerName]?.['route'];
  return typeof route === 'string' && route !== '' ? route : fn.name;
}

/** The methods of a function; undefined means every method. */
export function methodsOf(fn: AppFunction): string[] | undefined {
  const methods: unknown = fn.bindings[fn.triggerName]?.['methods'];
  return Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : undefined;
}

/** The function's level; undefined for one that the host does not know. */
export function authLevelOf(fn: AppFunction): AuthLevel | undefined {
  const level: unknown = fn.bindings[fn.triggerName]?.['authLevel'];
  const known = typeof level === 'string' ? level.toLowerCase() : 'function';
  return known === 'anonymous' || known === 'function' || known === 'admin' ? known : undefined;
}

/** Joins host.json's extensions.http.routePrefix with a route. */
export function withPrefix(prefix: string, route: string): string {
  return prefix === '' ? route : `${prefix}/${route}`;
}

/**
 * The routes of an app's HTTP functions, in the order in which they are tried, which is the order of `functions`: by
 * name.
 * @throws RouteTemplateError if one is malformed; the real host then does not start
 */
export function routesOf(functions: Iterable<AppFunction>, prefix: string): FunctionRoute[] {
  return [...functions].filter(isHttpFunction).map((fn) => ({
    fn,
    template: parseTemplate(withPrefix(prefix, routeOf(fn))),
    methods: methodsOf(fn),
    authLevel: authLevelOf(fn) ?? 'function',
  }));
}

/** The first route that matches this method and decoded path. */
export function findRoute(
  routes: readonly FunctionRoute[],
  method: string,
  decodedPath: string,
): { route: FunctionRoute; params: Record<string, string> } | undefined {
  for (const route of routes) {
    if (route.methods !== undefined && !route.methods.includes(method)) continue;
    const params = route.template.match(decodedPath);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

/** The route that answers for a literal one; undefined if a constraint cannot be tried. */
function winnerOf(
  routes: readonly FunctionRoute[],
  method: string,
  { template }: FunctionRoute,
): ReturnType<typeof findRoute> {
  try {
    return findRoute(routes, method, `/${template.text}`);
  } catch {
    return undefined;
  }
}

/** Functions with a literal route that another function, tried earlier, answers for some of their methods. */
export function shadowedRoutes(routes: readonly FunctionRoute[]): { fn: string; by: string; methods: string[] }[] {
  const found = new Map<string, { fn: string; by: string; methods: string[] }>();
  for (const route of routes.filter((one) => one.template.isLiteral)) {
    for (const method of route.methods ?? ['GET']) {
      const winner = winnerOf(routes, method, route);
      if (winner === undefined || winner.route === route) continue;
      const by = winner.route.fn.name;
      const key = `${route.fn.name} ${by}`;
      const entry = found.get(key) ?? { fn: route.fn.name, by, methods: [] };
      entry.methods.push(method);
      found.set(key, entry);
    }
  }
  return [...found.values()];
}
