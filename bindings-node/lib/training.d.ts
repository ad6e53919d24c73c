import { type Report } from '../native.js';
import type { EvaluateOptions, TrainOptions } from './types.js';
/** A training's or an evaluation's data and options, each as JSON. */
export declare function dataAndOptions(given: EvaluateOptions & {
    valid?: string | undefined;
}): [string, string];
/** Trains a head on a frozen trunk and writes the model. */
export declare function train(options: TrainOptions): Promise<Report>;
