"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.replay = replay;
exports.trainRoute = trainRoute;
// Decisions that are replayed, and policies that are fitted to outcomes.
const native_js_1 = require("../native.js");
const bundle_js_1 = require("./bundle.js");
const errors_js_1 = require("./errors.js");
const input_js_1 = require("./input.js");
const training_js_1 = require("./training.js");
/**
 * Makes a recorded decision again, without a model: the same policy, by default the one that engines have by default, gives the same
 * answer. The choice of a shadow policy is not made again.
 */
function replay(record, policy) {
    const answer = (0, native_js_1.replay)((0, input_js_1.json)({ record, policy }, 'the record and the policy'));
    return JSON.parse((0, errors_js_1.unfailed)(answer));
}
/** Fits a policy's weights to outcomes of routed tickets. A file is at `output` where they are better, and only there. */
async function trainRoute(options) {
    const { signal, onProgress, ...training } = (0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'model');
    const text = (0, input_js_1.json)(training, 'the options');
    return (0, training_js_1.supervised)({ signal, onProgress }, (work) => (0, native_js_1.trainRoute)(text, work));
}
