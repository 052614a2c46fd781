import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import yaml from 'yaml-language-server/lib/umd/index.js';

/** A fault as an editor shows it. */
export interface Shown {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * What an editor with the YAML language server makes of a file. It finds schemas by the file's own comment, and no
 * others.
 *
 * @param files beside it, by name
 */
export function editorOf(files: Readonly<Record<string, string>>) {
  const service = yaml.getLanguageService({
    schemaRequestService: async (uri) => {
      const text = files[basename(fileURLToPath(uri))];
      if (text === undefined) throw new Error(`${uri} does not exist.`);
      return text;
    },
    workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
  });
  service.configure({ validate: true, completion: true, hover: true, schemas: [] });
  let version = 0;
  // The service keeps what it has read of a version.
  const documentOf = (text: string) => TextDocument.create('file:///plants/fleet.yaml', 'yaml', ++version, text);
  return {
    faults: async (text: string): Promise<Shown[]> =>
      (await service.doValidation(documentOf(text), false)).map(({ range, message }) => ({
        line: range.start.line + 1,
        message,
      })),
    /** The fields that are offered at `|` in the text. */
    completions: async (text: string): Promise<string[]> => {
      const document = documentOf(text.replace('|', ''));
      const { items } = await service.doComplete(document, document.positionAt(text.indexOf('|')), false);
      return items.map(({ label }) => label);
    },
  };
}
