"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Engine = exports.FrontdeskError = void 0;
exports.train = train;
const node_fs_1 = require("node:fs");
const node_path_1 = require("node:path");
const native_js_1 = require("./native.js");
/** What every method throws, or rejects with. */
class FrontdeskError extends Error {
    static {
        Object.defineProperty(this.prototype, 'name', { value: 'FrontdeskError', configurable: true, writable: true });
    }
    code;
    /** The field at fault, where one is. */
    field;
    constructor(code, message, field, options) {
        super(message, options);
        this.code = code;
        this.field = field;
    }
}
exports.FrontdeskError = FrontdeskError;
const SCORE = { signal: true, outputs: true };
const ANALYZE = { ...SCORE, timeoutMs: true };
const OPEN = {
    model: true,
    sentimentModel: true,
    device: true,
    precision: true,
    threads: true,
    outputs: true,
    longText: true,
    queue: true,
};
const EVALUATE = {
    data: true,
    textColumn: true,
    labelColumn: true,
    task: true,
    seed: true,
    resamples: true,
};
const TRAIN = {
    data: true,
    valid: true,
    textColumn: true,
    labelColumn: true,
    base: true,
    output: true,
    task: true,
    name: true,
    version: true,
    licence: true,
    half: true,
    maxTokens: true,
    dense: true,
    epochs: true,
    patience: true,
    batch: true,
    learningRate: true,
    weightDecay: true,
    dropout: true,
    seed: true,
};
/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' };
/** Analyses that are made into JavaScript's objects in one turn of the event loop; tickets of one step of `score`. */
const SLICE = 64;
/** Steps of `score` that are under way at a time. */
const AHEAD = 2;
/** How long `score` waits where other callers fill the queue. */
const PAUSE_MS = 50;
/** How often a call whose time is over is looked at. */
const CHECK_MS = 2;
/** The longest time that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1;
const BUNDLED = 'frontdesk-small';
/** Reads support messages. */
class Engine {
    /** What this engine is made of. */
    info;
    #native;
    #closed;
    #calls = new Set();
    constructor(native) {
        if (!(native instanceof native_js_1.NativeEngine)) {
            throw invalid('an engine is made by `await Engine.open(…)`');
        }
        this.#native = native;
        this.info = native.info();
    }
    /** Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads. */
    static async open(options = {}) {
        const text = json(withBundle(known(options, OPEN), 'model'), 'the options');
        const native = native_js_1.NativeEngine.open(text);
        return new Engine(unfailed(await native));
    }
    /** Analyzes one ticket. */
    async analyze(ticket, options = {}) {
        const asked = known(options, ANALYZE);
        const text = readable('the ticket', () => {
            refuseOther(ticket, 'the ticket');
            return JSON.stringify(ticket, carried);
        });
        const [analysis] = await this.#run(text, false, asked);
        return analysis;
    }
    /** Analyzes tickets, in their order. One bad ticket fails the call and is named by its place, from 0. */
    async analyzeBatch(tickets, options = {}) {
        const asked = known(options, ANALYZE);
        return this.#run(list(tickets, 0), true, asked);
    }
    /**
     * Analyzes a stream of any length, in its order. Of the source, at most 128 tickets are read ahead of what was taken; where
     * other callers fill the queue, it waits. A source that throws ends it with the source's own error.
     */
    async *score(tickets, options = {}) {
        const { signal, ...rest } = known(options, SCORE);
        refuseAborted(signal);
        const source = iterator(tickets);
        const stop = new AbortController();
        const abort = () => stop.abort(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        const underWay = [];
        let first = 0;
        let ended = false;
        let pulling = false;
        try {
            for (;;) {
                while (!ended && underWay.length < AHEAD) {
                    const step = [];
                    while (step.length < SLICE && !ended) {
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
                        const analyses = this.#step(list(step, first), first, { ...rest, signal: stop.signal });
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
                    refuseAborted(signal);
                    yield analysis;
                }
            }
        }
        catch (error) {
            refuseAborted(signal);
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
    /** Evaluates one head of the model on a labelled file. */
    async evaluate(options) {
        const text = json({ ...COLUMNS, ...present(known(options, EVALUATE)) }, 'the options');
        return unfailed(await this.#open().evaluate(text));
    }
    /** What this engine has done so far. */
    metrics() {
        const native = this.#open();
        try {
            return native.metrics();
        }
        catch (cause) {
            throw new FrontdeskError('internal', message(cause), undefined, { cause });
        }
    }
    /** Closes the engine; what is queued is `cancelled`. The promise is resolved when its threads have ended. */
    close() {
        const native = this.#native;
        this.#native = undefined;
        for (const call of this.#calls) {
            call.cancel();
        }
        this.#closed ??= (async () => {
            unfailed(await native?.close());
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
            throw invalid('the engine is closed');
        }
        return this.#native;
    }
    async #step(text, first, options) {
        for (;;) {
            try {
                return await this.#run(text, true, options, first);
            }
            catch (error) {
                if (!(error instanceof FrontdeskError && error.code === 'overloaded')) {
                    throw error;
                }
                await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
            }
        }
    }
    async #run(tickets, many, options, first) {
        const { signal, ...rest } = options;
        refuseAborted(signal);
        const text = json(rest, 'the options');
        const call = this.#open().call(tickets, many, text, first);
        const abort = () => call.cancel();
        signal?.addEventListener('abort', abort, { once: true });
        const stopWatch = watch(call, options.timeoutMs);
        this.#calls.add(call);
        try {
            const failure = await call.run();
            refuseAborted(signal);
            unfailed(failure);
            const analyses = [];
            for (;;) {
                const slice = call.take(SLICE);
                for (const analysis of slice) {
                    analyses.push(shaped(analysis));
                }
                if (slice.length < SLICE) {
                    return analyses;
                }
                await new Promise((resolve) => setImmediate(resolve));
                refuseAborted(signal);
            }
        }
        finally {
            signal?.removeEventListener('abort', abort);
            stopWatch();
            this.#calls.delete(call);
        }
    }
}
exports.Engine = Engine;
/** Trains a head on a frozen trunk and writes the model. */
async function train(options) {
    const asked = withBundle(known(options, TRAIN), 'base');
    const text = json({ ...COLUMNS, ...present(asked) }, 'the options');
    return unfailed(await (0, native_js_1.train)(text));
}
/** The model that came with this package stands where core would look for the bundled one, unless the environment names it. */
function withBundle(options, name) {
    const bundle = (0, node_path_1.join)(__dirname, 'models', BUNDLED);
    const model = options[name] ?? BUNDLED;
    const wanted = model === BUNDLED && !(0, node_fs_1.existsSync)(BUNDLED) && !('FRONTDESK_MODEL' in process.env);
    return wanted && (0, node_fs_1.existsSync)((0, node_path_1.join)(bundle, 'config.json')) ? { ...options, [name]: bundle } : options;
}
/** The native analysis with a single-task model's results under their tasks' names. */
function shaped({ tasks, abstain, usage, model, ...outputs }) {
    const named = Object.fromEntries(tasks.map(({ task, result }) => [task, result]));
    return { ...outputs, ...named, abstain, usage, model };
}
function invalid(text, field, options) {
    return new FrontdeskError('invalid-input', text, field, options);
}
function unfailed(outcome) {
    if (outcome != null && 'code' in outcome) {
        const field = outcome.field?.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
        throw new FrontdeskError(outcome.code, outcome.message, field);
    }
    return outcome;
}
function refuseAborted(signal) {
    if (signal?.aborted) {
        throw new FrontdeskError('cancelled', 'the signal was aborted', undefined, { cause: signal.reason });
    }
}
/** Waits for a value, or for the signal. */
async function unlessAborted(value, signal) {
    let abort = () => { };
    try {
        return await new Promise((resolve, reject) => {
            abort = () => reject(new FrontdeskError('cancelled', 'the signal was aborted'));
            signal.addEventListener('abort', abort, { once: true });
            refuseAborted(signal);
            Promise.resolve(value).then(resolve, reject);
        });
    }
    finally {
        signal.removeEventListener('abort', abort);
    }
}
/** Looks at the call when its time is over, until it is settled. Gives what ends the watch. */
function watch(call, timeoutMs) {
    let timer;
    const look = () => {
        timer = setTimeout(look, CHECK_MS);
        call.check();
    };
    if (timeoutMs !== undefined && timeoutMs <= LONGEST_MS) {
        timer = setTimeout(look, timeoutMs);
    }
    return () => clearTimeout(timer);
}
/** The options, read once; refuses names that there are not, and a signal that is none. */
function known(given, names) {
    if (typeof given !== 'object' || given === null) {
        throw invalid(`the options are ${kind(given)}; they must be an object`);
    }
    const options = readable('the options', () => ({ ...given }));
    for (const name of Object.keys(options)) {
        if (!Object.hasOwn(names, name)) {
            throw invalid(`unknown option \`${name}\`; known: ${Object.keys(names).join(', ')}`, name);
        }
    }
    if ('signal' in options && options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
        throw invalid(`signal is ${kind(options.signal)}; it must be an AbortSignal`, 'signal');
    }
    return options;
}
/** The options that have a value. */
function present(options) {
    return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
function iterator(tickets) {
    if (typeof tickets === 'object' && tickets !== null && !ArrayBuffer.isView(tickets)) {
        if (Symbol.asyncIterator in tickets) {
            return tickets[Symbol.asyncIterator]();
        }
        if (Symbol.iterator in tickets) {
            return tickets[Symbol.iterator]();
        }
    }
    throw invalid(`the tickets are ${kind(tickets)}; they must be an iterable of tickets`, 'tickets');
}
/** Tickets as JSON. */
function list(tickets, first) {
    return readable('the tickets', () => {
        if (!Array.isArray(tickets)) {
            throw invalid(`the tickets are ${kind(tickets)}; they must be an array`, 'tickets');
        }
        tickets.forEach((ticket, index) => refuseOther(ticket, `ticket ${first + index}`));
        return JSON.stringify(tickets, carried);
    });
}
function json(value, what) {
    return readable(what, () => JSON.stringify(value, carried));
}
/** Reads a caller's objects: their getters may throw anything. */
function readable(what, read) {
    try {
        return read();
    }
    catch (cause) {
        if (cause instanceof FrontdeskError) {
            throw cause;
        }
        if (cause instanceof RangeError && cause.message === 'Invalid string length') {
            throw new FrontdeskError('too-large', `${what} have more text than a string can hold`, undefined, { cause });
        }
        throw invalid(`${what} cannot be read: ${message(cause)}`, undefined, { cause });
    }
}
function message(cause) {
    return cause instanceof Error ? cause.message : kind(cause);
}
function refuseOther(ticket, place) {
    const bytes = ArrayBuffer.isView(ticket) || ticket instanceof ArrayBuffer;
    const object = typeof ticket === 'object' && ticket !== null && !Array.isArray(ticket) && !bytes;
    if (typeof ticket !== 'string' && !object) {
        throw invalid(`${place} is ${kind(ticket)}; a ticket is a text, or an object with \`text\``);
    }
}
/** Refuses what JSON would leave out or write as something else. */
function carried(name, value) {
    const other = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
    const number = typeof value === 'number' && !Number.isFinite(value);
    if (other || number || ArrayBuffer.isView(value)) {
        throw invalid(`${name} is ${number ? value : kind(value)}`, name);
    }
    return value;
}
function kind(value) {
    if (value === null || value === undefined) {
        return String(value);
    }
    if (typeof value === 'object') {
        return Array.isArray(value) ? 'an array' : `of type ${value.constructor?.name ?? 'object'}`;
    }
    return `of type ${typeof value}`;
}
