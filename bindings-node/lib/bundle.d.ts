/** Replaces the bundled model by the one that came with this package, unless the environment names it. */
export declare function withBundle<T extends object>(options: T, name: keyof T): T;
