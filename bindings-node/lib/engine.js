"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Engine = void 0;
// The engine, and the calls that are under way.
const native_js_1 = require("../native.js");
const bundle_js_1 = require("./bundle.js");
const calls_js_1 = require("./calls.js");
const errors_js_1 = require("./errors.js");
const input_js_1 = require("./input.js");
const training_js_1 = require("./training.js");
const SCORE = { signal: true, outputs: true, route: true };
const ANALYZE = { ...SCORE, timeoutMs: true };
/** Reads support messages. */
class Engine {
    /** The description of this engine. */
    info;
    #native;
    #closed;
    #calls;
    constructor(native, calls) {
        if (!(native instanceof native_js_1.NativeEngine)) {
            throw (0, errors_js_1.invalid)('an engine is made by `await Engine.open(…)`');
        }
        this.#native = native;
        this.#calls = calls;
        this.info = native.info();
    }
    /** Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads. */
    static async open(options = {}) {
        const text = (0, input_js_1.json)((0, bundle_js_1.withBundle)((0, input_js_1.known)(options), 'model'), 'the options');
        const calls = new calls_js_1.Calls();
        const native = native_js_1.NativeEngine.open(text, calls.settled);
        return new Engine((0, errors_js_1.unfailed)(await native), calls);
    }
    /** Analyzes one ticket. */
    async analyze(ticket, options = {}) {
        const asked = (0, input_js_1.known)(options, ANALYZE);
        const [analysis] = await this.#run((0, input_js_1.one)(ticket), false, asked);
        return analysis;
    }
    /** Analyzes tickets, in their order. One bad ticket fails the call and is named by its place, from 0. */
    async analyzeBatch(tickets, options = {}) {
        const asked = (0, input_js_1.known)(options, ANALYZE);
        return this.#run((0, input_js_1.list)(tickets, 0), true, asked);
    }
    /**
     * Analyzes a stream of any length, in its order. Of the source, at most 512 tickets are read ahead of what was taken; where
     * other callers fill the queue, it waits for its turn. A source that throws ends it with the source's own error.
     */
    async *score(tickets, options = {}) {
        const { signal, ...rest } = (0, input_js_1.known)(options, SCORE);
        (0, errors_js_1.refuseAborted)(signal);
        const source = (0, input_js_1.iterator)(tickets);
        const stop = new AbortController();
        const abort = () => stop.abort(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        const underWay = [];
        let first = 0;
        let ended = false;
        let pulling = false;
        try {
            for (;;) {
                while (!ended && underWay.length < native_js_1.STREAM_WINDOW) {
                    const step = [];
                    while (step.length < native_js_1.STREAM_STEP && !ended) {
                        pulling = true;
                        const next = await unlessAborted(source.next(), stop.signal);
                        pulling = false;
                        if (next.done) {
                            ended = true;
                        }
                        else {
                            step.push(next.value);
                        }
                    }
                    if (step.length > 0) {
                        const analyses = this.#run((0, input_js_1.list)(step, first), true, { ...rest, signal: stop.signal }, first);
                        // Its error is thrown when its turn comes.
                        analyses.catch(() => { });
                        underWay.push(analyses);
                        first += step.length;
                    }
                }
                const analyses = underWay.shift();
                if (analyses === undefined) {
                    return;
                }
                for (const analysis of await analyses) {
                    (0, errors_js_1.refuseAborted)(signal);
                    yield analysis;
                }
            }
        }
        catch (error) {
            (0, errors_js_1.refuseAborted)(signal);
            throw error;
        }
        finally {
            signal?.removeEventListener('abort', abort);
            stop.abort();
            if (!ended) {
                const returned = (async () => source.return?.())().catch(() => { });
                // A source that has not answered may never do.
                await (pulling ? undefined : returned);
            }
        }
    }
    /** Evaluates one head of the model on labelled rows. */
    async evaluate(options) {
        const native = this.#open();
        return (0, training_js_1.worked)((0, input_js_1.known)(options), (data, rest, work) => native.evaluate(data, rest, work));
    }
    /**
     * Compares this engine's model, a, with the model of another engine, b, which could take its place, on labelled rows: whether
     * b is better, and which rows change. Both have the same labels.
     */
    async compare(other, options) {
        if (!(other instanceof Engine)) {
            throw (0, errors_js_1.invalid)(`the other engine is ${(0, errors_js_1.kind)(other)}; it must be an Engine`, 'other');
        }
        const [native, second] = [this.#open(), other.#open()];
        return (0, training_js_1.worked)((0, input_js_1.known)(options), (data, rest, work) => native.compare(second, data, rest, work));
    }
    /** The metrics of this engine so far. */
    metrics() {
        const native = this.#open();
        try {
            return native.metrics();
        }
        catch (cause) {
            throw new errors_js_1.FrontdeskError('internal', (0, errors_js_1.message)(cause), undefined, { cause });
        }
    }
    /** Closes the engine; what is queued is `cancelled`. The promise is resolved when its threads have ended. */
    close() {
        const native = this.#native;
        this.#native = undefined;
        this.#calls.cancel();
        this.#closed ??= (async () => {
            (0, errors_js_1.unfailed)(await native?.close());
        })();
        return this.#closed;
    }
    async [Symbol.asyncDispose]() {
        await this.close();
    }
    [Symbol.dispose]() {
        void this.close();
    }
    #open() {
        if (this.#native === undefined) {
            throw (0, errors_js_1.invalid)('the engine is closed');
        }
        return this.#native;
    }
    /** `first` is the place of the first ticket in a stream. */
    #run(tickets, many, options, first) {
        const { signal, ...rest } = options;
        const text = (0, input_js_1.json)(rest, 'the options');
        return this.#calls.run(this.#open(), { tickets, many, first, options: text, signal, timeoutMs: rest.timeoutMs });
    }
}
exports.Engine = Engine;
/** Waits for a value, or for the signal. */
async function unlessAborted(value, signal) {
    let abort = () => { };
    try {
        return await new Promise((resolve, reject) => {
            abort = () => reject(new errors_js_1.FrontdeskError('cancelled', 'the signal was aborted'));
            signal.addEventListener('abort', abort, { once: true });
            (0, errors_js_1.refuseAborted)(signal);
            Promise.resolve(value).then(resolve, reject);
        });
    }
    finally {
        signal.removeEventListener('abort', abort);
    }
}
