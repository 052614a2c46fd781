export declare function callOf(
  program: 'az' | 'azd',
  args: readonly string[],
  platform: NodeJS.Platform,
): [file: string, args: readonly string[], shell: boolean];
