import type * as native from '../native.js';
import type { RouteContext, RouteOptions } from './policy.js';
import type { Route } from './route.js';
import type { Work } from './work.js';
export type { Abstain, Abstention, Automation, Bucket, CategoryAnalysis, CategoryScore, Change, Comparison, Confusion, Contrast, Contribution, CoveragePoint, Diagnosis, Emotions, Estimate, Evaluation, Exclusion, Finding, Flow, HeadInfo, Histogram, Info, Interval, LabelCount, LabelScore, LabelThreshold, LanguageCount, McNemar, Metrics, Mistake, ModelInfo, OutcomesByRoute, PerClass, Place, FindingRow, PolicyValue, ReliabilityBin, Report, Reversal, RouteAnalysis, RouteOutcomes, RouteScore, RowCount, SentimentAnalysis, Shadow, TaskResult, TrainEstimate, TrainedRoute, Usage, } from '../native.js';
export type * from './policy.js';
export type * from './route.js';
export type * from './work.js';
/** The kind of an error. */
export type ErrorCode = native.Failure['code'];
/** The polarity of the customer's sentiment. */
export type Polarity = native.SentimentAnalysis['sentiment'];
/** The purpose of the message. */
export type Category = native.CategoryScore['label'];
/** The urgency of a ticket as its sender or the desk gave it. */
export type Urgency = 'low' | 'medium' | 'high' | 'critical';
/** The customer's history with the desk. */
export interface CustomerHistory {
    /** Earlier issues, in the customer's or the desk's words. */
    previousIssues?: readonly string[] | undefined;
    /** The channel that the customer asks for. */
    preferredChannel?: Route | undefined;
    /** One entry for every earlier issue that was solved, naming the channel. */
    successfulChannels?: readonly Route[] | undefined;
}
/** A support message: `text`, or `subject` and `body`. */
export interface Ticket {
    /** The sender's own identifier, given back in the analysis. */
    id?: string | undefined;
    text?: string | undefined;
    subject?: string | undefined;
    body?: string | undefined;
    urgency?: Urgency | undefined;
    customerHistory?: CustomerHistory | undefined;
}
/**
 * The engine's answer for one ticket. Outputs that the model does not have, or that are not requested, are absent. A single-task
 * model's result is under the task's name: `Engine.open<'mood'>(…)` gives it a type.
 */
export type Analysis<Task extends string = never> = {
    id?: string;
    sentiment?: native.SentimentAnalysis;
    category?: native.CategoryAnalysis;
    route?: native.RouteAnalysis;
    /** The outputs on which the engine abstains, and why. */
    abstain: native.Abstain[];
    usage: native.Usage;
    model: native.ModelInfo;
} & {
    [task in Task]: native.TaskResult;
};
/** Options of an engine. */
export interface EngineOptions {
    /** A directory, or a name on the hub; by default the bundled model. */
    model?: string | undefined;
    /** A sequence-classification checkpoint that replaces the bundle's sentiment head. */
    sentimentModel?: string | undefined;
    /** `auto`, `cpu`, `cuda`, `cuda:N` or `metal`. */
    device?: 'auto' | 'cpu' | 'cuda' | `cuda:${number}` | 'metal' | undefined;
    precision?: 'auto' | 'int8' | 'bf16' | 'f32' | undefined;
    /** Threads of the engine's own pool; by default as many as the process may use. */
    threads?: number | undefined;
    /** The outputs to compute; by default all that the model has. */
    outputs?: readonly string[] | undefined;
    /** The treatment of a text that is longer than the model reads. */
    longText?: 'head' | 'head-and-tail' | 'refuse' | undefined;
    /** The parts that are removed from texts before they are read; by default none. */
    prepare?: 'all' | 'none' | Array<'html' | 'quotes' | 'forwards' | 'signature' | 'disclaimer'> | undefined;
    /** Options of routing. */
    route?: RouteOptions | undefined;
    /** Tickets that may wait before calls are refused as `overloaded`. */
    queue?: number | undefined;
    /** Bytes that the models' weights and buffers may take, by an estimate; by default no limit. */
    maxMemory?: number | undefined;
}
/** Options of a stream of tickets. */
export interface ScoreOptions {
    /** Gives up when it is aborted: `cancelled`, its reason kept as the cause. */
    signal?: AbortSignal | undefined;
    /** The outputs to compute; by default those that the engine was opened with. */
    outputs?: readonly string[] | undefined;
    /** The context of routing. */
    route?: RouteContext | undefined;
}
/** Options of one call. */
export interface AnalyzeOptions extends ScoreOptions {
    /** Gives up after this many milliseconds, waiting counted: `timeout`. */
    timeoutMs?: number | undefined;
}
/** The progress of a training: texts go through the trunk, batches of an epoch through the head, and an epoch ends. */
export type TrainProgress = {
    stage: 'features';
    done: number;
    total: number;
} | {
    stage: 'steps';
    epoch: number;
    epochs: number;
    done: number;
    total: number;
    loss: number;
    tokensPerSecond: number;
} | {
    stage: 'epoch';
    epoch: number;
    epochs: number;
    loss: number;
    metric: number;
};
/**
 * Labelled rows: the name of a file (CSV, TSV, JSON, JSON lines, Parquet, Arrow), or objects with a text and a label. A label is a
 * string, a boolean or a whole number; several of one text are joined by `|`.
 */
export type LabelledData = string | readonly Readonly<Record<string, unknown>>[];
/** Labelled rows to measure on; `onProgress` is called with the rows done. */
interface Measured extends Work<number> {
    data: LabelledData;
    /** By default `text`. */
    textColumn?: string | undefined;
    /** By default `label`. */
    labelColumn?: string | undefined;
    /** The head; may be left out where the model has one. */
    task?: string | undefined;
    /** Seeds the bootstrap. */
    seed?: number | undefined;
    /** Bootstrap samples. */
    resamples?: number | undefined;
    /** True: the rows in the result have their texts. */
    texts?: boolean | undefined;
}
/** Options of an evaluation. */
export interface EvaluateOptions extends Measured {
    /** Wrong rows to name, at most; by default 20. */
    errors?: number | undefined;
    /** A precision such as 0.95; for each label the score from which on it is reached is then in `automation`. */
    automateAt?: number | undefined;
}
/** Options of a comparison; each row counts once for each model. A model with one head is compared by it, whatever its name. */
export interface CompareOptions extends Measured {
}
/** Labelled rows of a training, and the base model. */
export interface CheckOptions extends Work<TrainProgress> {
    data: LabelledData;
    /** Rows that choose the epoch of a training; without it, the training splits by itself. */
    valid?: LabelledData | undefined;
    /** By default `text`. */
    textColumn?: string | undefined;
    /** By default `label`; several labels of one text are joined by `|`. */
    labelColumn?: string | undefined;
    /** `category`, `sentiment`, `emotions`, `urgency`, or a name of your own. */
    task: string;
    /**
     * The kind of the head: several labels are joined by `|`, and the levels of `ordinal` are whole numbers. By default `emotions`
     * is multi-label, `urgency` the levels 1 to 10, every other head single-label.
     */
    kind?: 'single-label' | 'multi-label' | 'ordinal' | undefined;
    /** A trunk or a bundle in a directory, or a name on the hub; by default the bundled model. */
    base?: string | undefined;
    /** Tokens that are read of a text. */
    maxTokens?: number | undefined;
    threads?: number | undefined;
    seed?: number | undefined;
}
/** Options of training one head. What is left out has the default of `frontdesk train`. */
export interface TrainOptions extends CheckOptions {
    /** The directory to write; must not exist. */
    output: string;
    name?: string | undefined;
    version?: string | undefined;
    licence?: string | undefined;
    half?: boolean | undefined;
    dense?: number | undefined;
    epochs?: number | undefined;
    patience?: number | undefined;
    batch?: number | undefined;
    learningRate?: number | undefined;
    weightDecay?: number | undefined;
    /** The part that is trained: by default `frozen`, the head alone, on a bundle, and `full` on a plain encoder. */
    method?: 'frozen' | 'full' | 'lora' | undefined;
    /** `cls` is that of transformers' classifiers. */
    pooling?: 'mean' | 'cls' | undefined;
    /** The metric that chooses the epoch. */
    metric?: 'macro_f1' | 'accuracy' | 'mean_absolute_error' | 'loss' | undefined;
    accumulate?: number | undefined;
    headLearningRate?: number | undefined;
    layerDecay?: number | undefined;
    warmup?: number | undefined;
    clip?: number | undefined;
    dropout?: number | undefined;
    smoothing?: number | undefined;
    balanced?: boolean | undefined;
    /** True: the heads are trained on the frozen trunk first, before the trunk is trained with them: better with few rows. */
    probe?: boolean | undefined;
    /** The factor of a loss that keeps the trunk's vectors near its base's, so that heads of other tasks still fit. */
    distil?: number | undefined;
    /** The number of last epochs in which the trunk learns to bear the rounding of `int8`. */
    quantisedEpochs?: number | undefined;
    loraRank?: number | undefined;
    loraAlpha?: number | undefined;
    /** Steps between checkpoints. */
    checkpointEvery?: number | undefined;
    /** True: resumes from the last checkpoint of an interrupted training. */
    resume?: boolean | undefined;
    /** A precision that each label shall have; below the score that this needs, the engine abstains. */
    automateAt?: number | undefined;
    /** True: the report beside the model has the worst errors with their texts. */
    texts?: boolean | undefined;
    /** Findings of the data doctor that do not stop the training though they would, such as `leak`. */
    allow?: string[] | undefined;
}
