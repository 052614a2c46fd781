/**
 * Route templates of ASP.NET Core's router, which the Functions host uses (Microsoft docs: ASP.NET Core routing, "Route
 * templates"; Azure docs: functions-bindings-http-webhook-trigger, "route").
 */
import { sameName } from '../caseInsensitive.js';
import { constraintOf, type Constraint } from './routeConstraints.js';

interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  readonly catchAll: boolean;
  readonly otherwise: string | undefined;
  readonly constraints: readonly Constraint[];
}

type Part = { readonly literal: string } | Parameter;

/** A parsed template. */
export interface RouteTemplate {
  readonly text: string;
  /** The values of the path's parameters, without absent ones; undefined if the path does not match. */
  match(decodedPath: string): Record<string, string> | undefined;
  /** Whether every segment is plain text. */
  readonly isLiteral: boolean;
}

/** A template that the host refuses at start. */
class RouteTemplateError extends Error {
  override readonly name = 'RouteTemplateError';
}

const isParameter = (part: Part): part is Parameter => 'name' in part;

/**
 * Parses a template such as `items/{category:alpha}/{id:int:min(1)}`.
 * @throws RouteTemplateError for a malformed template or an unknown constraint
 */
export function parseTemplate(text: string): RouteTemplate {
  if (text.startsWith('/') || text.startsWith('~'))
    throw new RouteTemplateError(`The route template '${text}' cannot start with a '/' or '~' character.`);
  const segments = text === '' ? [] : splitSegments(text).map((segment) => parseSegment(segment, text));
  const matchers = segments.map(segmentMatcher);
  if (segments.length > maxSegments)
    throw new RouteTemplateError(`The route template '${text}' has more than ${maxSegments} segments.`);
  for (const parts of segments) checkParts(parts, text);
  const catchAllAt = segments.findIndex((parts) => parts.some((part) => isParameter(part) && part.catchAll));
  if (catchAllAt >= 0 && catchAllAt !== segments.length - 1)
    throw new RouteTemplateError(`A catch-all parameter can only be the last segment of the route template '${text}'.`);
  const parameters = segments.flat().filter(isParameter);
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name.toLowerCase()))
      throw new RouteTemplateError(`The route parameter name '${name}' appears more than one time in '${text}'.`);
    names.add(name.toLowerCase());
  }

  const match = (decodedPath: string): Record<string, string> | undefined => {
    const values: Record<string, string> = {};
    const given = tokens(decodedPath);
    let i = 0;
    for (; i < given.length; i += 1) {
      const [segment = '', offset = 0] = given[i] ?? [];
      if (segment === '') return undefined;
      const catchAll = i === catchAllAt ? segments[i]?.find(isParameter) : undefined;
      if (catchAll !== undefined) {
        values[catchAll.name] = decodedPath.slice(offset);
        break;
      }
      if (!matchers[i]?.(segment, values)) return undefined;
    }
    for (let rest = i; rest < segments.length; rest += 1) {
      const [only, ...others] = segments[rest] ?? [];
      if (only === undefined || others.length > 0 || !isParameter(only)) return undefined;
      if (values[only.name] !== undefined) continue;
      if (only.otherwise !== undefined) values[only.name] = only.otherwise;
      else if (!only.optional && !only.catchAll) return undefined;
    }
    for (const { name, constraints, catchAll } of parameters) {
      const value = values[name];
      if (value === undefined && catchAll && constraints.length > 0) return undefined;
      if (value !== undefined && !constraints.every((holds) => holds(value))) return undefined;
    }
    return values;
  };
  return { text, match, isLiteral: parameters.length === 0 };
}

/** Maximum segments of a route. The router keeps a place for each in a fixed list. */
const maxSegments = 28;

function checkParts(parts: readonly Part[], template: string): void {
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (!isParameter(part)) {
      if (part.literal.includes('?'))
        throw new RouteTemplateError(`The literal section '${part.literal}' of '${template}' contains a '?'.`);
    } else if (next !== undefined && isParameter(next))
      throw new RouteTemplateError(`Two parameters follow each other without a literal between them in '${template}'.`);
  }
}

/** The path's segments with their offsets. One slash at the end is ignored. */
function tokens(path: string): [segment: string, offset: number][] {
  const found: [string, number][] = [];
  let at = path.startsWith('/') ? 1 : 0;
  const end = path.endsWith('/') && path.length > at ? path.length - 1 : path.length;
  if (at >= end) return found;
  while (at <= end) {
    const slash = path.indexOf('/', at);
    const stop = slash < 0 || slash > end ? end : slash;
    found.push([path.slice(at, stop), at]);
    at = stop + 1;
  }
  return found;
}

/** Splits at slashes that are not inside a parameter (a regex constraint may contain one). */
function splitSegments(text: string): string[] {
  const segments = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const two = text.slice(i, i + 2);
    let piece = text.charAt(i);
    if (two === '{{' || two === '}}') {
      piece = two;
      i += 1;
    } else if (piece === '{') depth += 1;
    else if (piece === '}') depth -= 1;
    if (piece === '/' && depth === 0) segments.push('');
    else segments.push((segments.pop() ?? '') + piece);
  }
  if (depth !== 0) throw new RouteTemplateError(`There is an incomplete parameter in the route template '${text}'.`);
  if (segments.at(-1) === '') segments.pop();
  if (segments.includes(''))
    throw new RouteTemplateError(`The route template separator '/' cannot appear consecutively in '${text}'.`);
  return segments;
}

const pieces = /\{((?:[^{}]|\{\{|\}\})+)\}|((?:[^{}]|\{\{|\}\})+)/gy;
const unescape = (text: string): string => text.replaceAll('{{', '{').replaceAll('}}', '}');

function parseSegment(segment: string, template: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  // A literal `{{` takes precedence over a parameter's brace, so the segment is parsed from the left.
  pieces.lastIndex = 0;
  while (end < segment.length) {
    pieces.lastIndex = end;
    const escaped = segment.startsWith('{{', end);
    const literalAt = escaped ? literalLength(segment, end) : 0;
    if (literalAt > 0) {
      parts.push({ literal: unescape(segment.slice(end, end + literalAt)) });
      end += literalAt;
      continue;
    }
    const found = pieces.exec(segment);
    if (found === null)
      throw new RouteTemplateError(`The route template '${template}' has a stray brace in '${segment}'.`);
    const [whole, parameter, literal] = found;
    parts.push(parameter === undefined ? { literal: unescape(literal ?? '') } : parseParameter(parameter, template));
    end += whole.length;
  }
  return parts;
}

function literalLength(segment: string, from: number): number {
  return /^(?:[^{}]|\{\{|\}\})+/.exec(segment.slice(from))?.[0].length ?? 0;
}

function parseParameter(text: string, template: string): Parameter {
  const found = /^(\*{0,2})([^:=?*]+)([\s\S]*)$/.exec(unescape(text));
  const [, stars = '', name = '', tail = ''] = found ?? [];
  if (name === '') throw new RouteTemplateError(`The route parameter name '${text}' is invalid in '${template}'.`);
  const constraints: Constraint[] = [];
  let rest = tail;
  while (rest.startsWith(':')) {
    const constraint = /^:([^:(=?]+)(\()?/.exec(rest);
    if (constraint === null) throw new RouteTemplateError(`The constraint of '${name}' is empty in '${template}'.`);
    const [head, kind = '', open] = constraint;
    const close = open === undefined ? -1 : closing(rest, head.length);
    const argument = open === undefined ? undefined : rest.slice(head.length, close);
    const made = constraintOf(kind, argument);
    if (made === undefined)
      throw new RouteTemplateError(
        `The constraint entry '${name}' - '${kind}${argument === undefined ? '' : `(${argument})`}' on the route '${template}' could not be resolved.`,
      );
    constraints.push(made);
    rest = rest.slice(open === undefined ? head.length : close + 1);
  }
  if (rest.startsWith('=') && rest.endsWith('?'))
    throw new RouteTemplateError(`The optional parameter '${name}' of '${template}' cannot have a default value.`);
  const optional = rest === '?';
  const otherwise = rest.startsWith('=') ? rest.slice(1) : undefined;
  if (!optional && otherwise === undefined && rest !== '')
    throw new RouteTemplateError(`The route parameter '${text}' is malformed in '${template}'.`);
  return { name, optional, catchAll: stars !== '', otherwise, constraints };
}

/**
 * Where the argument list that opened before `from` closes: at the last parenthesis before a `:`, `?`, `=` or the end.
 */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '(') depth += 1;
    else if (text[i] === ')' && (depth -= 1) === 0) return i;
  }
  // A regular expression may have more that open than close.
  const last = text.lastIndexOf(')');
  if (last >= from) return last;
  throw new RouteTemplateError(`A constraint's argument has no closing parenthesis in '${text}'.`);
}

type Matcher = (segment: string, values: Record<string, string>) => boolean;

/** One literal, one parameter, or a mix of both. */
function segmentMatcher(parts: readonly Part[]): Matcher {
  const [only, ...others] = parts;
  if (others.length > 0 || only === undefined) return mixedMatcher(parts);
  if (!isParameter(only)) return (segment) => sameName(segment, only.literal);
  return (segment, values) => {
    values[only.name] = segment;
    return true;
  };
}

/**
 * A mix of literals and parameters, matched from the right without a second try (public source: RoutePatternMatcher.cs
 * of ASP.NET Core). `{name}.{extension?}`: without the optional parameter its separator is absent too, and a separator
 * that nothing follows does not match.
 */
function mixedMatcher(parts: readonly Part[]): Matcher {
  const last = parts.at(-1);
  const separator = parts.at(-2);
  const mayLackLast =
    last !== undefined && isParameter(last) && last.optional && separator !== undefined && !isParameter(separator);
  return (segment, values) => {
    if (matchFromRight(parts, segment, values)) return true;
    if (!mayLackLast || segment.toLowerCase().endsWith(separator.literal.toLowerCase())) return false;
    return matchFromRight(parts.slice(0, -2), segment, values);
  };
}

function matchFromRight(parts: readonly Part[], segment: string, values: Record<string, string>): boolean {
  const found: Record<string, string> = {};
  let end = segment.length;
  let pending: Parameter | undefined;
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index];
    if (part === undefined) return false;
    if (isParameter(part)) {
      pending = part;
      continue;
    }
    // A parameter on the right of the literal takes at least one character.
    const from = pending === undefined ? end : end - 1;
    const at = from <= 0 ? -1 : lastIndexIn(segment.slice(0, from), part.literal);
    if (at < 0 || (index === parts.length - 1 && at + part.literal.length !== segment.length)) return false;
    if (pending !== undefined) {
      const value = segment.slice(at + part.literal.length, end);
      if (value === '') return false;
      found[pending.name] = value;
      pending = undefined;
    }
    end = at;
  }
  if (pending === undefined) {
    if (end !== 0) return false;
  } else {
    if (end === 0) return false;
    found[pending.name] = segment.slice(0, end);
  }
  Object.assign(values, found);
  return true;
}

const lastIndexIn = (text: string, literal: string): number => text.toLowerCase().lastIndexOf(literal.toLowerCase());
