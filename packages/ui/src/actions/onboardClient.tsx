import type { JSX } from 'preact';
import { OnboardDialog } from './onboarding/onboardDialog.js';
import { Openers, type Opened } from './dialog/opener.js';

const OPENERS: readonly Opened[] = [{ label: 'Onboard a client', Dialog: OnboardDialog }];

/** A button that opens the form of an onboarding. */
export function OnboardClient(): JSX.Element {
  return <Openers label="Actions" openers={OPENERS} />;
}
