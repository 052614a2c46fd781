export declare function unpack(): string;
