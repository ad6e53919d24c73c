/** The model that came with this package stands where core would look for the bundled one, unless the environment names it. */
export declare function withBundle<T extends object>(options: T, name: keyof T): T;
