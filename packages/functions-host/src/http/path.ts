/** Paths as the real host's web server (Kestrel) parses them. */

/**
 * Decodes a path: percent sequences become text, `%2F` stays, `.` and `..` are resolved; undefined for a path that
 * Kestrel refuses.
 */
export function decodePath(raw: string): string | undefined {
  if (/%00/i.test(raw)) return undefined;
  const decoded = raw.replace(/(?:%[\da-f]{2})+/gi, (run) =>
    run
      .split(/(%2f)/i)
      .map((part) => (/^%2f$/i.test(part) ? part : decodeRun(part)))
      .join(''),
  );
  return withoutDots(decoded);
}

/** Bytes that are not UTF-8 stay as they were sent. */
export function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run.replace(/%[0-7][\da-f]/gi, (one) => decodeURIComponent(one));
  }
}

function withoutDots(path: string): string {
  if (!/(^|\/)\.{1,2}(\/|$)/.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  segments.forEach((segment, i) => {
    const isLast = i === segments.length - 1;
    if (segment === '..') {
      if (kept.length > 1) kept.pop();
      if (isLast) kept.push('');
    } else if (segment === '.') {
      if (isLast) kept.push('');
    } else kept.push(segment);
  });
  return kept.join('/');
}

/** The path in the URL that a function receives: only characters that need it are escaped. */
export function encodePath(decoded: string): string {
  return decoded.replace(/%[\da-f]{2}|[^\w.~!$&'()*+,;=:@/-]+/gi, (found) =>
    /^%[\da-f]{2}$/i.test(found) ? found : encodeURIComponent(found),
  );
}
