import type { Failure, NativeEngine } from '../native.js';
import type { Analysis } from './types.js';
/** The arguments of a call; tickets and options are JSON. */
export interface Request {
    tickets: string;
    many: boolean;
    /** The place of the first ticket, where the tickets are a part of something longer. */
    first: number | undefined;
    options: string;
    signal: AbortSignal | undefined;
    timeoutMs: number | undefined;
}
/** The end of a call: its first analyses as JSON, or the failure. */
type Outcome = string | Failure;
/** Calls by number, as the addon reports their ends. */
export declare class Calls {
    #private;
    /** The callback of the addon for the end of a call. */
    readonly settled: (number: number, outcome: Outcome) => void;
    cancel(): void;
    run<Task extends string>(native: NativeEngine, request: Request): Promise<Analysis<Task>[]>;
}
export {};
