"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.evaluate = evaluate;
exports.compare = compare;
const engine_js_1 = require("./engine.js");
const input_js_1 = require("./input.js");
/** Evaluates one head of a model on labelled rows. */
async function evaluate(options) {
    const { model, ...rest } = (0, input_js_1.known)(options);
    return withEngine(model, (engine) => engine.evaluate(rest));
}
/**
 * Compares a model, `a`, with another, `b`, that could take its place, on labelled rows: whether `b` is better, and which rows
 * change. Both have the same labels.
 */
async function compare(options) {
    const { a, b, ...rest } = (0, input_js_1.known)(options);
    return withEngine(a, (first) => withEngine(b, (second) => first.compare(second, rest)));
}
/** Runs `work` on the engine, or on one that is opened for it and closed after it. */
async function withEngine(model, work) {
    if (model instanceof engine_js_1.Engine) {
        return work(model);
    }
    const engine = await engine_js_1.Engine.open({ model });
    try {
        return await work(engine);
    }
    finally {
        await engine.close();
    }
}
