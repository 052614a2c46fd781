import type { HealthAnswer } from '@connected-registry/protocol/answers/healthAnswer';

export declare function fetchHealth(base: string, headers: Readonly<Record<string, string>>): Promise<HealthAnswer>;
export declare function healthLines(health: HealthAnswer): string[];
