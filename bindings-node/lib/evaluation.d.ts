import type { Comparison, Evaluation } from '../native.js';
import { Engine } from './engine.js';
import type { CompareOptions, EvaluateOptions } from './types.js';
/** An engine, or what one is opened with; by default the bundled model. */
export type Model = Engine<string> | string | undefined;
/** Evaluates one head of a model on labelled rows. */
export declare function evaluate(options: EvaluateOptions & {
    model?: Model;
}): Promise<Evaluation>;
/**
 * Compares a model, `a`, with another, `b`, that could take its place, on labelled rows: whether `b` is better, and which rows
 * change. Both have the same labels.
 */
export declare function compare(options: CompareOptions & {
    a?: Model;
    b?: Model;
}): Promise<Comparison>;
