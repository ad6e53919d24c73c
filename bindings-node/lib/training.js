"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.worked = worked;
exports.supervised = supervised;
exports.check = check;
exports.estimate = estimate;
exports.train = train;
// Examining rows and training a head; the common part of these and of evaluations.
const native_js_1 = require("../native.js");
const bundle_js_1 = require("./bundle.js");
const errors_js_1 = require("./errors.js");
const input_js_1 = require("./input.js");
const rows_js_1 = require("./rows.js");
/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' };
/** Long work on labelled rows: `begin` gets the data and the options, each as JSON. */
async function worked(given, begin) {
    const { data, valid, textColumn, labelColumn, signal, onProgress, ...options } = given;
    const columns = { textColumn: textColumn ?? COLUMNS.textColumn, labelColumn: labelColumn ?? COLUMNS.labelColumn };
    const read = (data, option) => (0, rows_js_1.rows)(data, columns.textColumn, columns.labelColumn, option);
    const source = { data: read(data, 'data'), valid: valid === undefined ? valid : read(valid, 'valid') };
    const text = (0, input_js_1.json)({ ...source, ...columns }, 'the options');
    return supervised({ signal, onProgress }, (work) => begin(text, (0, input_js_1.json)(options, 'the options'), work));
}
/** Long work that reports its progress and can be stopped. */
async function supervised({ signal, onProgress }, begin) {
    if (onProgress !== undefined && typeof onProgress !== 'function') {
        throw (0, errors_js_1.invalid)(`onProgress is ${(0, errors_js_1.kind)(onProgress)}; it must be a function`, 'onProgress');
    }
    (0, errors_js_1.refuseAborted)(signal);
    let thrown;
    const work = new native_js_1.NativeWork((step) => {
        try {
            const progress = JSON.parse(step);
            if (progress?.notice !== undefined) {
                process.emitWarning(progress.notice, 'FrontdeskNotice');
            }
            else {
                onProgress?.(progress);
            }
        }
        catch (error) {
            thrown ??= { error };
            work.stop();
        }
    });
    const abort = () => work.stop();
    signal?.addEventListener('abort', abort, { once: true });
    try {
        const outcome = await begin(work);
        if (thrown) {
            throw thrown.error;
        }
        if ('code' in outcome && outcome.code === 'cancelled') {
            (0, errors_js_1.refuseAborted)(signal);
        }
        return (0, errors_js_1.unfailed)(outcome);
    }
    finally {
        signal?.removeEventListener('abort', abort);
    }
}
/** Examines labelled rows as a training would, and for label errors whatever their number. */
async function check(options) {
    return worked((0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'base'), native_js_1.check);
}
/** Estimates the time and memory of a training: a few of its steps are timed, and nothing is written. */
async function estimate(options) {
    return worked((0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'base'), native_js_1.estimate);
}
/** Trains a head on a frozen trunk and writes the model; nothing is at `output` unless all of it is. */
async function train(options) {
    return worked((0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'base'), native_js_1.train);
}
