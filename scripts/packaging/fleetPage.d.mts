import type { buildSync as BuildSync, Metafile } from 'esbuild';

export declare const PAGE_FOLDER: string;

export declare function bundlePage(
  buildSync: typeof BuildSync,
  root: string,
): {
  readonly assets: readonly { readonly name: string; readonly type: string; readonly text: string }[];
  readonly documentText: string;
  readonly metafile: Metafile;
};

export declare function writePage(buildSync: typeof BuildSync, root: string): void;
