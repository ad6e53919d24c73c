import { type Diagnosis, type Failure, NativeWork, type Report, type TrainEstimate } from '../native.js';
import type { CheckOptions, TrainOptions } from './types.js';
import type { Work } from './work.js';
/** The options of a training or an evaluation that name its rows. */
type RowOptions = Pick<TrainOptions, 'data' | 'valid' | 'textColumn' | 'labelColumn'>;
/** Long work on labelled rows: `begin` gets the data and the options, each as JSON. */
export declare function worked<T extends object, Step>(given: RowOptions & Work<Step>, begin: (data: string, options: string, work: NativeWork) => Promise<T | Failure>): Promise<T>;
/** Long work that reports its progress and can be stopped. */
export declare function supervised<T extends object, Step>({ signal, onProgress }: Work<Step>, begin: (work: NativeWork) => Promise<T | Failure>): Promise<T>;
/** Examines labelled rows as a training would, and for label errors whatever their number. */
export declare function check(options: CheckOptions): Promise<Diagnosis>;
/** Estimates the time and memory of a training: a few of its steps are timed, and nothing is written. */
export declare function estimate(options: Omit<TrainOptions, 'output'>): Promise<TrainEstimate>;
/** Trains a head on a frozen trunk and writes the model; nothing is at `output` unless all of it is. */
export declare function train(options: TrainOptions): Promise<Report>;
export {};
