import { describe, expect, it } from 'vitest';

import { decodePath, encodePath } from '../src/http/path.js';
import { parseTemplate } from '../src/http/routeTemplate.js';

// Expectations were seen on Microsoft's own host.
const matches = (template: string, path: string): Record<string, string> | undefined =>
  parseTemplate(template).match(path);

describe('a route template', () => {
  it('matches literals regardless of case, and with one slash at the end', () => {
    expect(matches('api/Hello', '/API/hello')).toEqual({});
    expect(matches('api/hello', '/api/hello/')).toEqual({});
    expect(matches('api/hello', '/api/hello/x')).toBeUndefined();
    expect(matches('api/hello', '//api/hello')).toBeUndefined();
  });

  it('omits an optional parameter that is absent', () => {
    expect(matches('a/{name?}', '/a')).toEqual({});
    expect(matches('a/{name?}', '/a/x')).toEqual({ name: 'x' });
    expect(matches('a/{name}', '/a')).toBeUndefined();
    expect(matches('a/{v=std}', '/a')).toEqual({ v: 'std' });
  });

  it('gives a catch-all the rest of the path unchanged', () => {
    expect(matches('f/{*rest}', '/f')).toEqual({});
    expect(matches('f/{*rest}', '/f/a/b.txt')).toEqual({ rest: 'a/b.txt' });
    expect(matches('f/{*rest}', '/f/a/b//')).toEqual({ rest: 'a/b//' });
    expect(matches('f/{**rest}', '/f/a//b')).toEqual({ rest: 'a//b' });
    expect(matches('f/{*rest}', '/f//a')).toBeUndefined();
  });

  it.each([
    ['{name}.{ext?}', 'a.b.c', { name: 'a.b', ext: 'c' }],
    ['{name}.{ext?}', 'a', { name: 'a' }],
    ['{name}.{ext?}', '.b', { name: '.b' }],
    ['{name}.{ext?}', 'a.', undefined],
    ['a-{x}-b', 'A-q-B', { x: 'q' }],
    ['a-{x}-b', 'a--b', undefined],
    ['{{x}}', '{x}', {}],
  ])('reads the mixed segment %s of %s', (template, segment, expected) => {
    expect(matches(template, `/${segment}`)).toEqual(expected);
  });

  it.each([
    ['int', ['5', '+5', '-5', ' 5', '2147483647'], ['2147483648', '5.0', 'x']],
    ['long', ['9223372036854775807'], ['9223372036854775808']],
    ['bool', ['true', 'TRUE'], ['x', '1']],
    ['datetime', ['2020-01-01', '5:30', '2020-01-01T10:00:00Z'], ['nope', '2020-02-30']],
    ['decimal', ['1.5', '1,000.5'], ['1e3', 'x']],
    ['double', ['1e3', 'NaN', 'Infinity', '1,000'], ['x']],
    ['guid', ['6F9619FF-8B86-D011-B42D-00CF4FC964FF', '6F9619FF8B86D011B42D00CF4FC964FF'], ['x']],
    ['alpha', ['aZ'], ['a1', 'č']],
    ['length(3)', ['abc'], ['ab']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['minlength(3)', ['abc'], ['ab']],
    ['maxlength(3)', ['abc'], ['abcd']],
    ['min(5)', ['5'], ['4', 'x']],
    ['max(5)', ['5'], ['6']],
    ['range(5,10)', ['5', '10'], ['4', '11']],
    [String.raw`regex(^\d{{3}}-\d{{4}}$)`, ['123-4567'], ['123-456']],
    ['regex(^ab)', ['ABc'], ['xab']],
    ['regex(^(a|b)/?$)', ['a'], ['c']],
    ['file', ['a.txt', '.x'], ['a']],
    ['nonfile', ['a'], ['a.txt']],
    ['int:min(1)', ['1'], ['0']],
  ])('applies the constraint %s', (constraint, good, bad) => {
    const template = `x/{v:${constraint}}`;
    expect(good.filter((value) => matches(template, `/x/${value}`) === undefined)).toEqual([]);
    expect(bad.filter((value) => matches(template, `/x/${value}`) !== undefined)).toEqual([]);
  });

  it.each([
    ['v{s}x', '/vv7xx', undefined],
    ['{a}.{b?}', '/x...', { a: 'x.', b: '.' }],
    ['{a}.{b?}', '/x.', undefined],
    ['{a}-{b}', '/1-2-3', { a: '1-2', b: '3' }],
    ['pre{a}', '/PREpre', { a: 'pre' }],
    ['{a}x', '/x', undefined],
    ['{*rest:int}', '/', undefined],
  ])('%s is matched with %s from the right', (template, path, values) => {
    expect(parseTemplate(template).match(path)).toEqual(values);
  });

  it.each([
    'a//b',
    '/a',
    '~a',
    'a/{x',
    'a/{x}/{x}',
    'a/{*r}/b',
    'a/{v:nosuch}',
    'a/{v:min(x)}',
    'a/{}',
    '{a}{b}',
    '{a=5?}',
    'a?b',
    '{a:range(9,1)}',
    'a/'.repeat(28) + 'b',
  ])('is refused if it is %s', (template) => {
    expect(() => parseTemplate(template)).toThrow(/\w/);
  });
});

describe('a path', () => {
  it.each([
    ['/a%20b%2Fc', '/a b%2Fc', '/a%20b%2Fc'],
    ['/%C4%8D', '/č', '/%C4%8D'],
    ['/a%2Bb', '/a+b', '/a+b'],
    ['/%zz', '/%zz', '/%25zz'],
    ['/%C3%28', '/%C3(', '/%C3('],
    ['/%252F', '/%2F', '/%2F'],
    ['/a/../b', '/b', '/b'],
    ['/a/%2e%2e/b', '/b', '/b'],
  ])('%s is decoded and encoded again', (raw, decoded, again) => {
    expect(decodePath(raw)).toBe(decoded);
    expect(encodePath(decoded)).toBe(again);
  });

  it('with a zero byte is refused', () => {
    expect(decodePath('/a%00b')).toBeUndefined();
  });
});
