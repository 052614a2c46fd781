import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/*
 * What would turn text into markup, run text as code, keep data in the browser, or ask another origin. The content
 * security policy of the page refuses most of it in a browser; this finds it before.
 */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  [
    'markup from text',
    /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|DOMParser|srcdoc/,
  ],
  ['code from text', /\beval\b|new Function|setTimeout\(\s*['"`]|javascript:/],
  ['storage of the browser', /localStorage|sessionStorage|indexedDB|document\.cookie|\bcaches\b|serviceWorker/],
  ['a style in markup', /\bstyle="|setAttribute\(\s*['"]style/],
  ['a log', /\bconsole\./],
  ['another origin', /https?:\/\/(?!www\.w3\.org\/)/],
];

const folder = join(projectRoot(), 'packages', 'ui', 'src');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.\w+$/.test(file));

const found = (text: string): string[] => REFUSED.flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));

describe('the sources of the page', () => {
  test.each(files)('%s has no markup or code from text, no storage and no other origin', (file) => {
    expect(found(readFileSync(join(folder, file), 'utf8'))).toEqual([]);
  });

  test.each([
    ['element.innerHTML = name', 'markup from text'],
    ['<p dangerouslySetInnerHTML={{ __html: name }} />', 'markup from text'],
    ["eval('1')", 'code from text'],
    ['sessionStorage.setItem("key", key)', 'storage of the browser'],
    ['<p style="color: red">', 'a style in markup'],
    ['console.log(key)', 'a log'],
    ['@import url(https://fonts.example/css)', 'another origin'],
  ])('would be refused for %s', (text, what) => {
    expect(found(text)).toEqual([what]);
  });
});
