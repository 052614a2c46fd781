export declare const SET_BY_INFRA: readonly string[];
export declare const NOT_IN_AZURE: readonly string[];
export declare function optionsOf(names: readonly string[]): string[];
export declare function optionsFile(names: readonly string[]): string;
