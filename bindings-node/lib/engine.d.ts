import { type Comparison, type Evaluation, type Info, type Metrics } from '../native.js';
import type { Analysis, AnalyzeOptions, CompareOptions, EngineOptions, EvaluateOptions, ScoreOptions, Ticket } from './types.js';
/** Reads support messages. */
export declare class Engine<Task extends string = never> {
    #private;
    /** The description of this engine. */
    readonly info: Info;
    private constructor();
    /** Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads. */
    static open<Task extends string = never>(options?: EngineOptions): Promise<Engine<Task>>;
    /** Analyzes one ticket. */
    analyze(ticket: string | Ticket, options?: AnalyzeOptions): Promise<Analysis<Task>>;
    /** Analyzes tickets, in their order. One bad ticket fails the call and is named by its place, from 0. */
    analyzeBatch(tickets: readonly (string | Ticket)[], options?: AnalyzeOptions): Promise<Analysis<Task>[]>;
    /**
     * Analyzes a stream of any length, in its order. Of the source, at most 512 tickets are read ahead of what was taken; where
     * other callers fill the queue, it waits for its turn. A source that throws ends it with the source's own error.
     */
    score(tickets: Iterable<string | Ticket> | AsyncIterable<string | Ticket>, options?: ScoreOptions): AsyncGenerator<Analysis<Task>, void, undefined>;
    /** Evaluates one head of the model on labelled rows. */
    evaluate(options: EvaluateOptions): Promise<Evaluation>;
    /**
     * Compares this engine's model, a, with the model of another engine, b, which could take its place, on labelled rows: whether
     * b is better, and which rows change. Both have the same labels.
     */
    compare<Other extends string>(other: Engine<Other>, options: CompareOptions): Promise<Comparison>;
    /** The metrics of this engine so far. */
    metrics(): Metrics;
    /** Closes the engine; what is queued is `cancelled`. The promise is resolved when its threads have ended. */
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.dispose](): void;
}
