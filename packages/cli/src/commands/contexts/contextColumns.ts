import type { Place } from '../../connection/place.js';
import type { Column } from '../../output/output.js';

/** A context as it is shown. It has no secret. */
export type ShownContext = Place & { readonly name: string; readonly isCurrent: boolean };

export const CONTEXT_COLUMNS: readonly Column<ShownContext>[] = [
  { header: 'CURRENT', value: ({ isCurrent }) => (isCurrent ? '*' : '') },
  { header: 'NAME', value: ({ name }) => name },
  { header: 'URL', value: ({ url }) => url },
  { header: 'SIGN-IN', value: signInText },
  { header: 'REGISTRY', value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
];

function signInText({ auth }: Place): string {
  if (auth.kind === 'entra') return `Entra, ${auth.scope}`;
  switch (auth.from.kind) {
    case 'environment':
      return 'key in CRCTL_KEY';
    case 'file':
    case 'localStack':
      return `key in ${auth.from.path}`;
    case 'store':
      return 'key in the key store';
  }
}
