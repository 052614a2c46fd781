import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acknowledgementPath,
  authorizeReport,
  isReportBody,
  isReportMac,
  readReportMac,
  reportPath,
} from '../../src/messages/reportMac.js';

const key = { keyId: 'k1', reportKey: 'K'.repeat(43), expiresAt: '2026-03-01T12:05:00.000Z' };
const path = reportPath({ operation: 'myregistry-edge-sensor-0123456789abcdef.run1', attempt: 2 });
const body = '{"outcome":"pulled","agent":"ä/1"}';
const header = authorizeReport(key, { path, body });
const read = (text: string) => {
  const mac = readReportMac(text);
  if (!mac) throw new Error('The header has another form.');
  return mac;
};

describe("a report's MAC", () => {
  test('covers purpose, method, path, expiry and the digest of the body, as a JSON array', () => {
    const digest = createHash('sha256').update(body).digest('hex');
    const covered = `["connected-registry report 1","POST","${path}","${key.expiresAt}","${digest}"]`;
    const mac = createHmac('sha256', key.reportKey).update(covered).digest('hex');
    expect(header).toBe(
      `PullCheckMac keyId="k1", expiresAt="2026-03-01T12:05:00.000Z", digest="${digest}", mac="${mac}"`,
    );
    expect(header).not.toContain(key.reportKey);
  });

  test('is right for its key, path and body', () => {
    const mac = read(header);
    expect(mac).toMatchObject({ keyId: 'k1', expiresAt: key.expiresAt });
    expect([isReportMac(mac, key.reportKey, path), isReportBody(mac, Buffer.from(body))]).toEqual([true, true]);
  });

  test('is wrong for any other key, path, expiry, digest or body', () => {
    const mac = read(header);
    expect(isReportMac(mac, `${key.reportKey}x`, path)).toBe(false);
    expect(isReportMac(mac, key.reportKey, reportPath({ operation: 'other.run1', attempt: 2 }))).toBe(false);
    expect(isReportMac(mac, key.reportKey, acknowledgementPath({ operation: 'x' }))).toBe(false);
    expect(isReportMac({ ...mac, expiresAt: '2026-03-01T12:06:00.000Z' }, key.reportKey, path)).toBe(false);
    expect(isReportMac({ ...mac, digest: '0'.repeat(64) }, key.reportKey, path)).toBe(false);
    expect(isReportMac({ ...mac, mac: '0'.repeat(64) }, key.reportKey, path)).toBe(false);
    expect(isReportBody(mac, Buffer.from(`${body} `))).toBe(false);
  });

  test('cannot move text from one covered part to another', () => {
    const moved = read(authorizeReport({ ...key, expiresAt: 'b' }, { path: 'a', body }));
    expect(isReportMac({ ...moved, expiresAt: '","b' }, key.reportKey, 'a')).toBe(false);
    expect(isReportMac({ ...moved, expiresAt: '' }, key.reportKey, 'a","b')).toBe(false);
  });
});

describe('the header of a report', () => {
  const parts = header.slice('PullCheckMac '.length).split(', ');

  test('is read in any order of its parameters, with or without spaces', () => {
    expect(readReportMac(`PullCheckMac ${parts.toReversed().join(',')}`)).toEqual(read(header));
    expect(readReportMac(`PullCheckMac  ${parts.join(' , ')} `)).toEqual(read(header));
  });

  test.each([
    ['nothing', null],
    ['no text', ''],
    ['another scheme', header.replace('PullCheckMac', 'PullCheck')],
    ['no parameters', 'PullCheckMac'],
    ['a parameter less', `PullCheckMac ${parts.slice(1).join(', ')}`],
    ['a parameter more', `${header}, realm="x"`],
    ['a parameter twice', `${header}, keyId="k1"`],
    ['an empty parameter', header.replace('"k1"', '""')],
    ['an unquoted parameter', header.replace('"k1"', 'k1')],
    ['an escape', header.replace('"k1"', '"k\\1"')],
    ['an empty element', header.replace(', ', ', ,')],
    ['upper-case digits', header.replace(/mac="[^"]+"/, (text) => `mac="${text.slice(5, -1).toUpperCase()}"`)],
    ['a short MAC', header.replace(/.."$/, '"')],
    ['a name of its prototype', `${header}, __proto__="x"`],
    ['far too much', header.replace('"k1"', `"${'k'.repeat(600)}"`)],
  ])('is not read with %s', (_, text) => expect(readReportMac(text)).toBeUndefined());

  test('never crashes what reads it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `PullCheckMac ${text}`),
        ),
        (text) => {
          expect(readReportMac(text)).toBeUndefined();
        },
      ),
    );
  });
});
