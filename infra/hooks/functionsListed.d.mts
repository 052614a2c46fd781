export interface HookWorld {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly say: (line: string) => void;
}
export declare const EVENT_FUNCTIONS: readonly string[];
export declare function functionsListed(world: HookWorld): Promise<{ until: number }>;
