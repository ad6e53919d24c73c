"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Calls = void 0;
const errors_js_1 = require("./errors.js");
/** Milliseconds between two looks at a call whose time is over. */
const CHECK_MS = 2;
/** The longest time that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1;
/** Keeps the process alive while an engine is busy: the addon does not. */
const awake = setInterval(() => { }, LONGEST_MS).unref();
let busy = 0;
/** Calls by number, as the addon reports their ends. */
class Calls {
    #next = 0;
    #underWay = new Map();
    /** The callback of the addon for the end of a call. */
    settled = (number, outcome) => {
        this.#underWay.get(number)?.settle(outcome);
        this.#underWay.delete(number);
        if (this.#underWay.size === 0 && --busy === 0) {
            awake.unref();
        }
    };
    cancel() {
        for (const { call } of this.#underWay.values()) {
            call.cancel();
        }
    }
    async run(native, request) {
        const { signal } = request;
        (0, errors_js_1.refuseAborted)(signal);
        const number = this.#next;
        this.#next = (this.#next + 1) % 2 ** 32;
        const call = native.call(number, request.tickets, request.many, request.options, request.first);
        const abort = () => call.cancel();
        signal?.addEventListener('abort', abort, { once: true });
        const stopWatch = watch(call, request.timeoutMs);
        if (this.#underWay.size === 0 && busy++ === 0) {
            awake.ref();
        }
        try {
            const outcome = await new Promise((settle) => this.#underWay.set(number, { call, settle }));
            (0, errors_js_1.refuseAborted)(signal);
            const analyses = JSON.parse((0, errors_js_1.unfailed)(outcome)).map(shaped);
            while (request.many) {
                await new Promise((resolve) => setImmediate(resolve));
                (0, errors_js_1.refuseAborted)(signal);
                const more = JSON.parse(call.more());
                if (more.length === 0) {
                    break;
                }
                for (const analysis of more) {
                    analyses.push(shaped(analysis));
                }
            }
            return analyses;
        }
        finally {
            signal?.removeEventListener('abort', abort);
            stopWatch();
        }
    }
}
exports.Calls = Calls;
/** The native analysis with a single-task model's results under their tasks' names. */
function shaped(analysis) {
    if (analysis.tasks === undefined) {
        return analysis;
    }
    const { tasks, abstain, usage, model, ...outputs } = analysis;
    const named = Object.fromEntries(tasks.map(({ task, result }) => [task, result]));
    return { ...outputs, ...named, abstain, usage, model };
}
/** Looks at the call when its time is over, until it is settled. Returns the function that stops this. */
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
