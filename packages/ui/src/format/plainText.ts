import { oneLine } from '@connected-registry/protocol/names/oneLine';

/**
 * Characters that change how the text around them looks, or that cannot be seen: controls, separators of lines and
 * paragraphs, marks and overrides of writing direction (Unicode UAX #9), other format characters, private and unpaired
 * ones.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Co}\p{Cs}]/gu;

/** Text from outside as one line: line breaks become spaces, and what a reader could not see becomes U+FFFD. */
export function plainText(text: string): string {
  return oneLine(text).replaceAll(UNSAFE, '\ufffd');
}
