export interface BundledPackage {
  name: string;
  version: string;
  licence: string;
  texts: { file: string; text: string }[];
}
export const ALLOWED_LICENCES: readonly string[];
export function packagesOf(
  metafile: { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> },
  root: string,
): BundledPackage[];
export function licenceProblems(packages: readonly BundledPackage[]): string[];
export function noticesText(packages: readonly BundledPackage[]): string;
