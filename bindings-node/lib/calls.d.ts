import type { Failure, NativeEngine } from '../native.js';
import type { Analysis } from './types.js';
/** What a call is made with; tickets and options are JSON. */
export interface Request {
    tickets: string;
    many: boolean;
    /** The place of the first ticket, where the tickets are a part of something longer. */
    first: number | undefined;
    options: string;
    signal: AbortSignal | undefined;
    timeoutMs: number | undefined;
}
/** How a call ended: its first analyses as JSON, or what went wrong. */
type Outcome = string | Failure;
/** Calls by number, as the addon tells how they ended. */
export declare class Calls {
    #private;
    /** What the addon calls when a call has ended. */
    readonly settled: (number: number, outcome: Outcome) => void;
    cancel(): void;
    run<Task extends string>(native: NativeEngine, request: Request): Promise<Analysis<Task>[]>;
}
export {};
