"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.dataAndOptions = dataAndOptions;
exports.train = train;
// Training a head; the data of a training and of an evaluation.
const native_js_1 = require("../native.js");
const bundle_js_1 = require("./bundle.js");
const errors_js_1 = require("./errors.js");
const input_js_1 = require("./input.js");
/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' };
/** A training's or an evaluation's data and options, each as JSON. */
function dataAndOptions(given) {
    const { data, valid, textColumn, labelColumn, ...options } = given;
    const columns = { textColumn: textColumn ?? COLUMNS.textColumn, labelColumn: labelColumn ?? COLUMNS.labelColumn };
    return [(0, input_js_1.json)({ data, valid, ...columns }, 'the options'), (0, input_js_1.json)(options, 'the options')];
}
/** Trains a head on a frozen trunk and writes the model. */
async function train(options) {
    return (0, errors_js_1.unfailed)(await (0, native_js_1.train)(...dataAndOptions((0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'base'))));
}
