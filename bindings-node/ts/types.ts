// What goes in and what comes out.
import type * as native from '../native.js'
import type { RouteContext, RouteOptions } from './policy.js'
import type { Route } from './route.js'
import type { Work } from './work.js'

export type {
  Abstain,
  Abstention,
  Automation,
  Bucket,
  CategoryAnalysis,
  CategoryScore,
  Change,
  Comparison,
  Confusion,
  Contrast,
  Contribution,
  CoveragePoint,
  Diagnosis,
  Emotions,
  Estimate,
  Evaluation,
  Exclusion,
  Finding,
  Flow,
  HeadInfo,
  Histogram,
  Info,
  Interval,
  LabelCount,
  LabelScore,
  LabelThreshold,
  LanguageCount,
  McNemar,
  Metrics,
  Mistake,
  ModelInfo,
  OutcomesByRoute,
  PerClass,
  Place,
  FindingRow,
  PolicyValue,
  ReliabilityBin,
  Report,
  Reversal,
  RouteAnalysis,
  RouteOutcomes,
  RouteScore,
  RowCount,
  SentimentAnalysis,
  Shadow,
  TaskResult,
  TrainEstimate,
  TrainedRoute,
  Usage,
} from '../native.js'
export type * from './policy.js'
export type * from './route.js'
export type * from './work.js'

/** What kind of thing went wrong. */
export type ErrorCode = native.Failure['code']
/** How the customer feels. */
export type Polarity = native.SentimentAnalysis['sentiment']
/** What the sender wants done. */
export type Category = native.CategoryScore['label']
/** How urgent a ticket was said to be. */
export type Urgency = 'low' | 'medium' | 'high' | 'critical'

/** What is known of the customer. */
export interface CustomerHistory {
  /** Earlier issues, in the customer's or the desk's words. */
  previousIssues?: readonly string[] | undefined
  /** The channel that the customer asks for. */
  preferredChannel?: Route | undefined
  /** One entry for every earlier issue that was solved, naming the channel. */
  successfulChannels?: readonly Route[] | undefined
}

/** A support message: `text`, or `subject` and `body`. */
export interface Ticket {
  /** The sender's own identifier, given back in the analysis. */
  id?: string | undefined
  text?: string | undefined
  subject?: string | undefined
  body?: string | undefined
  urgency?: Urgency | undefined
  customerHistory?: CustomerHistory | undefined
}

/**
 * Everything that the engine says of one ticket. What a model does not have, or was not asked for, is absent. A single-task
 * model's result is under the task's name: `Engine.open<'mood'>(…)` gives it a type.
 */
export type Analysis<Task extends string = never> = {
  id?: string
  sentiment?: native.SentimentAnalysis
  category?: native.CategoryAnalysis
  route?: native.RouteAnalysis
  /** Where the engine is not sure, and why. */
  abstain: native.Abstain[]
  usage: native.Usage
  model: native.ModelInfo
} & { [task in Task]: native.TaskResult }

/** How to open an engine. */
export interface EngineOptions {
  /** A directory, or a name on the hub; by default the bundled model. */
  model?: string | undefined
  /** A sequence-classification checkpoint that takes the place of the bundle's sentiment head. */
  sentimentModel?: string | undefined
  /** `auto`, `cpu`, `cuda`, `cuda:N` or `metal`. */
  device?: 'auto' | 'cpu' | 'cuda' | `cuda:${number}` | 'metal' | undefined
  precision?: 'auto' | 'int8' | 'bf16' | 'f32' | undefined
  /** Threads of the engine's own pool; by default as many as the process may use. */
  threads?: number | undefined
  /** The outputs to compute; by default all that the model has. */
  outputs?: readonly string[] | undefined
  /** What to do with a text that is longer than the model reads. */
  longText?: 'head' | 'head-and-tail' | 'refuse' | undefined
  /** What is taken away from texts before they are read; by default nothing. */
  prepare?: 'all' | 'none' | Array<'html' | 'quotes' | 'forwards' | 'signature' | 'disclaimer'> | undefined
  /** How tickets are routed. */
  route?: RouteOptions | undefined
  /** Tickets that may wait before calls are refused as `overloaded`. */
  queue?: number | undefined
}

/** What a stream of tickets is scored with. */
export interface ScoreOptions {
  /** Gives up when it is aborted: `cancelled`, its reason kept as the cause. */
  signal?: AbortSignal | undefined
  /** The outputs to compute; by default those that the engine was opened with. */
  outputs?: readonly string[] | undefined
  /** What is known of the tickets when they are routed. */
  route?: RouteContext | undefined
}

/** What one call asks for. */
export interface AnalyzeOptions extends ScoreOptions {
  /** Gives up after this many milliseconds, waiting counted: `timeout`. */
  timeoutMs?: number | undefined
}

/** Where a training stands: texts go through the trunk, batches of an epoch through the head, and an epoch ends. */
export type TrainProgress =
  | { stage: 'features'; done: number; total: number }
  | { stage: 'steps'; epoch: number; epochs: number; done: number; total: number; loss: number; tokensPerSecond: number }
  | { stage: 'epoch'; epoch: number; epochs: number; loss: number; metric: number }

/**
 * Labelled rows: the name of a file (CSV, TSV, JSON, JSON lines, Parquet, Arrow), or objects with a text and a label. A label is a
 * string, a boolean or a whole number; several of one text are joined by `|`.
 */
export type LabelledData = string | readonly Readonly<Record<string, unknown>>[]

/** What to measure on; `onProgress` is called with the rows done. */
interface Measured extends Work<number> {
  data: LabelledData
  /** By default `text`. */
  textColumn?: string | undefined
  /** By default `label`. */
  labelColumn?: string | undefined
  /** The head; may be left out where the model has one. */
  task?: string | undefined
  /** Seeds the bootstrap. */
  seed?: number | undefined
  /** Bootstrap samples. */
  resamples?: number | undefined
  /** Whether the rows that are named come with their texts. */
  texts?: boolean | undefined
}

/** What to evaluate on, and what to find out. */
export interface EvaluateOptions extends Measured {
  /** Wrong rows to name, at most; by default 20. */
  errors?: number | undefined
  /** A precision such as 0.95; for each label the score from which on it is reached is then in `automation`. */
  automateAt?: number | undefined
}

/** What to compare on; each row counts once for each model. A model with one head is compared by it, whatever its name. */
export interface CompareOptions extends Measured {}

/** Labelled rows as a training takes them, and what reads them. */
export interface CheckOptions extends Work<TrainProgress> {
  data: LabelledData
  /** Rows that choose the epoch of a training; without it, the training splits by itself. */
  valid?: LabelledData | undefined
  /** By default `text`. */
  textColumn?: string | undefined
  /** By default `label`; several labels of one text are joined by `|`. */
  labelColumn?: string | undefined
  /** `category`, `sentiment`, `emotions`, `urgency`, or a name of your own. */
  task: string
  /**
   * How many labels a text has: several are joined by `|`, and the levels of `ordinal` are whole numbers. By default `emotions` is
   * multi-label, `urgency` the levels 1 to 10, every other head single-label.
   */
  kind?: 'single-label' | 'multi-label' | 'ordinal' | undefined
  /** A trunk or a bundle in a directory, or a name on the hub; by default the bundled model. */
  base?: string | undefined
  /** Tokens that are read of a text. */
  maxTokens?: number | undefined
  threads?: number | undefined
  seed?: number | undefined
}

/** How to train one head. What is left out is as in `frontdesk train`. */
export interface TrainOptions extends CheckOptions {
  /** The directory to write; must not be there. */
  output: string
  name?: string | undefined
  version?: string | undefined
  licence?: string | undefined
  half?: boolean | undefined
  dense?: number | undefined
  epochs?: number | undefined
  patience?: number | undefined
  batch?: number | undefined
  learningRate?: number | undefined
  weightDecay?: number | undefined
  /** What learns: by default `frozen`, the head alone, on a bundle, and `full` on a plain encoder. */
  method?: 'frozen' | 'full' | 'lora' | undefined
  /** `cls` is that of transformers' classifiers. */
  pooling?: 'mean' | 'cls' | undefined
  /** What chooses the epoch. */
  metric?: 'macro_f1' | 'accuracy' | 'mean_absolute_error' | 'loss' | undefined
  accumulate?: number | undefined
  headLearningRate?: number | undefined
  layerDecay?: number | undefined
  warmup?: number | undefined
  clip?: number | undefined
  dropout?: number | undefined
  smoothing?: number | undefined
  balanced?: boolean | undefined
  /** Whether the heads learn on the trunk as it is before the trunk learns with them: better with few rows. */
  probe?: boolean | undefined
  loraRank?: number | undefined
  loraAlpha?: number | undefined
  /** Steps between checkpoints. */
  checkpointEvery?: number | undefined
  /** Goes on from the last checkpoint of a training that was cut off. */
  resume?: boolean | undefined
  /** A precision that each label shall have; under the score that it takes, the engine abstains. */
  automateAt?: number | undefined
  /** Whether the report that lies beside the model names the worst errors with their texts. */
  texts?: boolean | undefined
  /** Findings of the data doctor that would stop the training and shall not, such as `leak`. */
  allow?: string[] | undefined
}
