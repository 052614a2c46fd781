export type Ring = 'default' | 'unit' | 'conformance' | 'e2e' | 'package' | 'system' | 'az' | 'long';
export const RINGS: Readonly<Record<Ring, readonly string[]>>;
export function flagsOf(ring: Ring): string[];
