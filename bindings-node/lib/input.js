"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.known = known;
exports.iterator = iterator;
exports.one = one;
exports.list = list;
exports.json = json;
exports.readable = readable;
exports.refuseOther = refuseOther;
exports.carried = carried;
// Callers' values as JSON; those that cannot be read are refused.
const errors_js_1 = require("./errors.js");
/** The options, read once; refuses names that there are not, and a signal that is none. */
function known(given, names) {
    if (typeof given !== 'object' || given === null) {
        throw (0, errors_js_1.invalid)(`the options are ${(0, errors_js_1.kind)(given)}; they must be an object`);
    }
    const options = readable('the options', () => ({ ...given }));
    for (const name of names ? Object.keys(options) : []) {
        if (names && !Object.hasOwn(names, name)) {
            throw (0, errors_js_1.invalid)(`unknown option \`${name}\`; known: ${Object.keys(names).join(', ')}`, name);
        }
    }
    if ('signal' in options && options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
        throw (0, errors_js_1.invalid)(`signal is ${(0, errors_js_1.kind)(options.signal)}; it must be an AbortSignal`, 'signal');
    }
    return options;
}
/** Any iterable's iterator. */
function iterator(tickets) {
    if (typeof tickets === 'object' && tickets !== null && !ArrayBuffer.isView(tickets)) {
        if (Symbol.asyncIterator in tickets) {
            return tickets[Symbol.asyncIterator]();
        }
        if (Symbol.iterator in tickets) {
            return tickets[Symbol.iterator]();
        }
    }
    throw (0, errors_js_1.invalid)(`the tickets are ${(0, errors_js_1.kind)(tickets)}; they must be an iterable of tickets`, 'tickets');
}
/** A ticket as JSON. */
function one(ticket) {
    return readable('the ticket', () => {
        refuseOther(ticket, 'the ticket');
        return JSON.stringify(ticket, carried);
    });
}
/** Tickets as JSON. */
function list(tickets, first) {
    return readable('the tickets', () => {
        if (!Array.isArray(tickets)) {
            throw (0, errors_js_1.invalid)(`the tickets are ${(0, errors_js_1.kind)(tickets)}; they must be an array`, 'tickets');
        }
        tickets.forEach((ticket, index) => refuseOther(ticket, `ticket ${first + index}`));
        return JSON.stringify(tickets, carried);
    });
}
/** A value as JSON. */
function json(value, what) {
    return readable(what, () => JSON.stringify(value, carried));
}
/** Reads a caller's objects: their getters may throw anything. */
function readable(what, read) {
    try {
        return read();
    }
    catch (cause) {
        if (cause instanceof errors_js_1.FrontdeskError) {
            throw cause;
        }
        if (cause instanceof RangeError && cause.message === 'Invalid string length') {
            throw new errors_js_1.FrontdeskError('too-large', `${what} have more text than a string can hold`, undefined, { cause });
        }
        throw (0, errors_js_1.invalid)(`${what} cannot be read: ${(0, errors_js_1.message)(cause)}`, undefined, { cause });
    }
}
/** Refuses a ticket that JSON has no form for; the engine refuses the others. */
function refuseOther(ticket, place) {
    const bytes = ArrayBuffer.isView(ticket) || ticket instanceof ArrayBuffer;
    const known = ['string', 'object', 'boolean'].includes(typeof ticket) || Number.isFinite(ticket);
    if (bytes || !known) {
        throw (0, errors_js_1.invalid)(`${place} is ${(0, errors_js_1.kind)(ticket)}; a ticket is a text, or an object with \`text\``);
    }
}
/** Refuses what JSON would leave out or write as something else. */
function carried(name, value) {
    // Of such a date JSON makes null, which would be read as none.
    if (value === null && this[name] instanceof Date) {
        throw (0, errors_js_1.invalid)(`${name} is an invalid Date`, name);
    }
    const other = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
    const number = typeof value === 'number' && !Number.isFinite(value);
    if (other || number || ArrayBuffer.isView(value)) {
        throw (0, errors_js_1.invalid)(`${name} is ${number ? value : (0, errors_js_1.kind)(value)}`, name);
    }
    return value;
}
