export declare function registerProviders(say: (line: string) => void): void;
