import type { HookWorld } from './functionsListed.mjs';

export declare function subscribe(world: HookWorld, until: number): Promise<void>;
