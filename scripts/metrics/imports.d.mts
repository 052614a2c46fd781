/** An import as the file names it. `isType`: it brings types alone, and does not exist at run time. */
export interface NamedImport {
  readonly name: string;
  readonly isType: boolean;
}

/** Finds what a file imports. @param code the file's text */
export function namedImports(code: string): NamedImport[];
