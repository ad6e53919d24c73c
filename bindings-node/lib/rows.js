"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.rows = rows;
// Labelled rows as callers hand them over: a file, or objects.
const errors_js_1 = require("./errors.js");
const input_js_1 = require("./input.js");
/** Reads what core cannot read itself; `option` is the name of the argument. */
function rows(data, text, label, option) {
    if (typeof data === 'string') {
        return data;
    }
    if (!Array.isArray(data)) {
        throw (0, errors_js_1.invalid)(`${option} is ${(0, errors_js_1.kind)(data)}; it must be a file's name or an array of objects`, option);
    }
    return (0, input_js_1.readable)(`the rows of ${option}`, () => data.map((row, index) => {
        if (typeof row !== 'object' || row === null || Array.isArray(row)) {
            throw (0, errors_js_1.invalid)(`${option}: row ${index + 1} is ${(0, errors_js_1.kind)(row)}; it must be an object`, option);
        }
        const place = `row ${index + 1}`;
        return [textOf(cell(row, text, 'textColumn', place), place), labelOf(cell(row, label, 'labelColumn', place), place)];
    }));
}
function cell(row, column, option, place) {
    if (!Object.hasOwn(row, column)) {
        throw (0, errors_js_1.invalid)(`${place}: there is no \`${column}\`; there are: ${Object.keys(row).join(', ')}`, option);
    }
    return row[column];
}
function textOf(value, place) {
    if (value === undefined || value === null || typeof value === 'string') {
        return value ?? null;
    }
    throw (0, errors_js_1.invalid)(`${place}: the text is ${(0, errors_js_1.kind)(value)}; it must be a string`, 'textColumn');
}
function labelOf(value, place) {
    if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isSafeInteger(value)) {
        return String(value);
    }
    if (value === undefined || value === null || typeof value === 'string') {
        return value ?? null;
    }
    throw (0, errors_js_1.invalid)(`${place}: the label is ${(0, errors_js_1.kind)(value)}; it must be a string or a whole number`, 'labelColumn');
}
