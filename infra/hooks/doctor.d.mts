export declare function doctor(say: (line: string) => void): Promise<void>;
