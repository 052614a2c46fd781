export declare function recoverVault(say: (line: string) => void): void;
