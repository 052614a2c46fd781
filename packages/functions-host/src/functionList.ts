/** The list of functions that is printed at start, in Core Tools' form. */
import { isHttpFunction, methodsOf, routeOf, withPrefix } from './http/routes.js';
import type { FunctionIndex } from './indexing.js';

/**
 * Name, methods and address of each HTTP function, then the other functions with their triggers, then the disabled
 * ones.
 */
export function functionList(index: FunctionIndex, baseUrl: string, routePrefix: string): string {
  const enabled = index.served.filter((fn) => !index.isDisabled(fn));
  const lines: string[] = enabled.length > 0 ? ['', 'Functions:', ''] : [''];
  for (const fn of enabled.filter(isHttpFunction)) {
    const methods = methodsOf(fn);
    const shown = methods === undefined ? '' : ` [${methods.join(',')}]`;
    lines.push(`\t${fn.name}:${shown} ${baseUrl}/${withPrefix(routePrefix, routeOf(fn))}`, '');
  }
  for (const fn of enabled.filter((one) => !isHttpFunction(one))) lines.push(`\t${fn.name}: ${fn.triggerType}`, '');
  for (const fn of index.served.filter((one) => index.isDisabled(one))) lines.push(`Function ${fn.name} is disabled.`);
  return `${lines.join('\n')}\n`;
}
