/** Names that an options object may have, checked to be all of them. */
export type Names<T> = Record<keyof Required<T>, true>;
/** The options, read once; refuses names that there are not, and a signal that is none. */
export declare function known<T extends object>(given: T, names?: Names<T>): T;
/** Any iterable's iterator. */
export declare function iterator<T>(tickets: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T>;
/** A ticket as JSON. */
export declare function one(ticket: unknown): string;
/** Tickets as JSON. */
export declare function list(tickets: readonly unknown[], first: number): string;
/** A value as JSON. */
export declare function json(value: object, what: string): string;
/** Reads a caller's objects: their getters may throw anything. */
export declare function readable<T>(what: string, read: () => T): T;
/** Refuses a ticket that JSON has no form for; the engine refuses the others. */
export declare function refuseOther(ticket: unknown, place: string): void;
/** Refuses what JSON would leave out or write as something else. */
export declare function carried(this: unknown, name: string, value: unknown): unknown;
