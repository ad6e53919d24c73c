"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.FrontdeskError = void 0;
exports.invalid = invalid;
exports.unfailed = unfailed;
exports.refuseAborted = refuseAborted;
exports.message = message;
exports.kind = kind;
/** The error of every method, thrown or rejected with. */
class FrontdeskError extends Error {
    static {
        Object.defineProperty(this.prototype, 'name', { value: 'FrontdeskError', configurable: true, writable: true });
    }
    code;
    /** The field at fault, where one is. */
    field;
    /** Of `overloaded`: the time in milliseconds after which the call would be accepted, where it is known. */
    retryAfterMs;
    constructor(code, message, field, options) {
        super(message, options);
        this.code = code;
        this.field = field;
        this.retryAfterMs = options?.retryAfterMs;
    }
}
exports.FrontdeskError = FrontdeskError;
function invalid(text, field, options) {
    return new FrontdeskError('invalid-input', text, field, options);
}
function unfailed(outcome) {
    if (typeof outcome === 'object' && outcome !== null && 'code' in outcome) {
        const field = outcome.field?.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
        const { retryAfterMs } = outcome;
        throw new FrontdeskError(outcome.code, outcome.message, field, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    return outcome;
}
function refuseAborted(signal) {
    if (signal?.aborted) {
        throw new FrontdeskError('cancelled', 'the signal was aborted', undefined, { cause: signal.reason });
    }
}
function message(cause) {
    return cause instanceof Error ? cause.message : kind(cause);
}
/** The kind of a value, for an error. */
function kind(value) {
    if (value === null || value === undefined) {
        return String(value);
    }
    if (typeof value === 'object') {
        return Array.isArray(value) ? 'an array' : `of type ${value.constructor?.name ?? 'object'}`;
    }
    return `of type ${typeof value}`;
}
