import type { HealthAnswer } from '../../src/domain/healthAnswer.js';

export declare function fetchHealth(base: string, headers: Readonly<Record<string, string>>): Promise<HealthAnswer>;
export declare function healthLines(health: HealthAnswer): string[];
