import type { Failure } from '../native.js';
import type { ErrorCode } from './types.js';
/** The error of every method, thrown or rejected with. */
export declare class FrontdeskError extends Error {
    readonly name: 'FrontdeskError';
    readonly code: ErrorCode;
    /** The field at fault, where one is. */
    readonly field: string | undefined;
    /** Of `overloaded`: the time in milliseconds after which the call would be accepted, where it is known. */
    readonly retryAfterMs: number | undefined;
    constructor(code: ErrorCode, message: string, field?: string, options?: ErrorOptions & {
        retryAfterMs?: number;
    });
}
export declare function invalid(text: string, field?: string, options?: ErrorOptions): FrontdeskError;
/** Throws what the addon failed with. */
export declare function unfailed<T extends object | string>(outcome: T | Failure): T;
export declare function unfailed(outcome: Failure | undefined): void;
export declare function refuseAborted(signal: AbortSignal | undefined): void;
export declare function message(cause: unknown): string;
/** The kind of a value, for an error. */
export declare function kind(value: unknown): string;
