import type { ImportedToken } from '../fleet/file/importTokens.js';
import type { Column } from '../output/output.js';

export const UNMANAGED_COLUMNS: readonly Column<ImportedToken>[] = [
  { header: 'REGISTRY', minor: 3, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'TOKEN', value: ({ token }) => token },
  { header: 'PASSWORDS', firm: true, value: passwordsText },
  { header: 'SCOPE MAP', minor: 2, value: ({ scopeMap }) => scopeMap.name },
  { header: 'RIGHTS', firm: true, value: ({ scopeMap }) => scopeMap.rights },
  { header: 'LAST USE', firm: true, minor: 1, value: ({ lastUse }) => lastUse },
  {
    header: 'ADOPTION',
    firm: true,
    value: ({ freeSlot, leftOut }) => (leftOut === undefined ? `takes ${freeSlot}` : 'left out'),
    tone: ({ leftOut }) => (leftOut === undefined ? 'good' : 'faint'),
  },
  { header: 'REASON', minor: 4, value: ({ leftOut }) => leftOut },
];

/** `1 works, 2 expired`; of a token without any: `none`. */
function passwordsText({ passwords }: ImportedToken): string {
  const texts = passwords.map(({ slot, works }) => `${slot.replace('password', '')} ${works ? 'works' : 'expired'}`);
  return texts.join(', ') || 'none';
}
