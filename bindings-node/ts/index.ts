import { existsSync } from 'node:fs'
import { join } from 'node:path'

import {
  type Abstain,
  type CategoryAnalysis,
  type CategoryScore,
  type Evaluation,
  type Failure,
  type Info,
  type Metrics,
  type ModelInfo,
  type NativeAnalysis,
  type NativeCall,
  type Report,
  type RouteAnalysis,
  type RouteScore,
  type SentimentAnalysis,
  type TaskResult,
  type Usage,
  NativeEngine,
  train as nativeTrain,
} from './native.js'

export type {
  Abstain,
  Bucket,
  CategoryAnalysis,
  CategoryScore,
  Confusion,
  Emotions,
  Evaluation,
  HeadInfo,
  Histogram,
  Info,
  Interval,
  LabelScore,
  Metrics,
  ModelInfo,
  PerClass,
  Report,
  RouteAnalysis,
  RouteScore,
  SentimentAnalysis,
  TaskResult,
  Usage,
} from './native.js'

/** What kind of thing went wrong. */
export type ErrorCode = Failure['code']
/** How the customer feels. */
export type Polarity = SentimentAnalysis['sentiment']
/** What the sender wants done. */
export type Category = CategoryScore['label']
/** A channel that can take a ticket. */
export type Route = RouteScore['route']
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
  sentiment?: SentimentAnalysis
  category?: CategoryAnalysis
  route?: RouteAnalysis
  /** Where the engine is not sure, and why. */
  abstain: Abstain[]
  usage: Usage
  model: ModelInfo
} & { [task in Task]: TaskResult }

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
  /** Tickets that may wait before calls are refused as `overloaded`. */
  queue?: number | undefined
}

/** What a stream of tickets is scored with. */
export interface ScoreOptions {
  /** Gives up when it is aborted: `cancelled`, its reason kept as the cause. */
  signal?: AbortSignal | undefined
  /** The outputs to compute; by default those that the engine was opened with. */
  outputs?: readonly string[] | undefined
}

/** What one call asks for. */
export interface AnalyzeOptions extends ScoreOptions {
  /** Gives up after this many milliseconds, waiting counted: `timeout`. */
  timeoutMs?: number | undefined
}

/** What to evaluate on. */
export interface EvaluateOptions {
  /** A CSV, TSV or JSON lines file. */
  data: string
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
}

/** How to train one head. What is left out is as in `frontdesk train`. */
export interface TrainOptions {
  /** A CSV, TSV or JSON lines file. */
  data: string
  /** Rows that choose the epoch; without it, the training splits by itself. */
  valid?: string | undefined
  /** By default `text`. */
  textColumn?: string | undefined
  /** By default `label`; several labels of one text are joined by `|`. */
  labelColumn?: string | undefined
  /** A trunk or a bundle in a directory, or a name on the hub; by default the bundled model. */
  base?: string | undefined
  /** The directory to write; must not be there. */
  output: string
  /** `category`, `sentiment`, `emotions`, `urgency`, or a name of your own. */
  task: string
  name?: string | undefined
  version?: string | undefined
  licence?: string | undefined
  half?: boolean | undefined
  maxTokens?: number | undefined
  dense?: number | undefined
  epochs?: number | undefined
  patience?: number | undefined
  batch?: number | undefined
  learningRate?: number | undefined
  weightDecay?: number | undefined
  dropout?: number | undefined
  seed?: number | undefined
}

/** What every method throws, or rejects with. */
export class FrontdeskError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'FrontdeskError', configurable: true, writable: true })
  }

  declare readonly name: 'FrontdeskError'
  readonly code: ErrorCode
  /** The field at fault, where one is. */
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, field?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
  }
}

/** Names that an options object may have, checked to be all of them. */
type Names<T> = Record<keyof Required<T>, true>

const SCORE: Names<ScoreOptions> = { signal: true, outputs: true }
const ANALYZE: Names<AnalyzeOptions> = { ...SCORE, timeoutMs: true }
const OPEN: Names<EngineOptions> = {
  model: true,
  sentimentModel: true,
  device: true,
  precision: true,
  threads: true,
  outputs: true,
  longText: true,
  queue: true,
}
const EVALUATE: Names<EvaluateOptions> = {
  data: true,
  textColumn: true,
  labelColumn: true,
  task: true,
  seed: true,
  resamples: true,
}
const TRAIN: Names<TrainOptions> = {
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
}

/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' }

/** Analyses that are made into JavaScript's objects in one turn of the event loop; tickets of one step of `score`. */
const SLICE = 64

/** Steps of `score` that are under way at a time. */
const AHEAD = 2

/** How long `score` waits where other callers fill the queue. */
const PAUSE_MS = 50

/** How often a call whose time is over is looked at. */
const CHECK_MS = 2

/** The longest time that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1

const BUNDLED = 'frontdesk-small'

/** Reads support messages. */
export class Engine<Task extends string = never> {
  /** What this engine is made of. */
  readonly info: Info
  #native: NativeEngine | undefined
  #closed: Promise<void> | undefined
  readonly #calls = new Set<NativeCall>()

  private constructor(native: NativeEngine) {
    if (!(native instanceof NativeEngine)) {
      throw invalid('an engine is made by `await Engine.open(…)`')
    }
    this.#native = native
    this.info = native.info()
  }

  /** Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads. */
  static async open<Task extends string = never>(options: EngineOptions = {}): Promise<Engine<Task>> {
    const text = json(withBundle(known(options, OPEN), 'model'), 'the options')
    const native = NativeEngine.open(text)
    return new Engine<Task>(unfailed(await native))
  }

  /** Analyzes one ticket. */
  async analyze(ticket: string | Ticket, options: AnalyzeOptions = {}): Promise<Analysis<Task>> {
    const asked = known(options, ANALYZE)
    const text = readable('the ticket', () => {
      refuseOther(ticket, 'the ticket')
      return JSON.stringify(ticket, carried)
    })
    const [analysis] = await this.#run(text, false, asked)
    return analysis as Analysis<Task>
  }

  /** Analyzes tickets, in their order. One bad ticket fails the call and is named by its place, from 0. */
  async analyzeBatch(
    tickets: readonly (string | Ticket)[],
    options: AnalyzeOptions = {},
  ): Promise<Analysis<Task>[]> {
    const asked = known(options, ANALYZE)
    return this.#run(list(tickets, 0), true, asked)
  }

  /**
   * Analyzes a stream of any length, in its order. Of the source, at most 128 tickets are read ahead of what was taken; where
   * other callers fill the queue, it waits. A source that throws ends it with the source's own error.
   */
  async *score(
    tickets: Iterable<string | Ticket> | AsyncIterable<string | Ticket>,
    options: ScoreOptions = {},
  ): AsyncGenerator<Analysis<Task>, void, undefined> {
    const { signal, ...rest } = known(options, SCORE)
    refuseAborted(signal)
    const source = iterator(tickets)
    const stop = new AbortController()
    const abort = () => stop.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    const underWay: Promise<Analysis<Task>[]>[] = []
    let first = 0
    let ended = false
    let pulling = false
    try {
      for (;;) {
        while (!ended && underWay.length < AHEAD) {
          const step: (string | Ticket)[] = []
          while (step.length < SLICE && !ended) {
            pulling = true
            const next = await unlessAborted(source.next(), stop.signal)
            pulling = false
            if (next.done) {
              ended = true
            } else {
              step.push(next.value)
            }
          }
          if (step.length > 0) {
            const analyses = this.#step(list(step, first), first, { ...rest, signal: stop.signal })
            // Its error is thrown when its turn comes.
            analyses.catch(() => {})
            underWay.push(analyses)
            first += step.length
          }
        }
        const analyses = underWay.shift()
        if (analyses === undefined) {
          return
        }
        for (const analysis of await analyses) {
          refuseAborted(signal)
          yield analysis
        }
      }
    } catch (error) {
      refuseAborted(signal)
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      stop.abort()
      if (!ended) {
        const returned = (async () => source.return?.())().catch(() => {})
        // A source that has not answered may never do.
        await (pulling ? undefined : returned)
      }
    }
  }

  /** Evaluates one head of the model on a labelled file. */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const text = json({ ...COLUMNS, ...present(known(options, EVALUATE)) }, 'the options')
    return unfailed(await this.#open().evaluate(text))
  }

  /** What this engine has done so far. */
  metrics(): Metrics {
    const native = this.#open()
    try {
      return native.metrics()
    } catch (cause) {
      throw new FrontdeskError('internal', message(cause), undefined, { cause })
    }
  }

  /** Closes the engine; what is queued is `cancelled`. The promise is resolved when its threads have ended. */
  close(): Promise<void> {
    const native = this.#native
    this.#native = undefined
    for (const call of this.#calls) {
      call.cancel()
    }
    this.#closed ??= (async () => {
      unfailed(await native?.close())
    })()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  #open(): NativeEngine {
    if (this.#native === undefined) {
      throw invalid('the engine is closed')
    }
    return this.#native
  }

  async #step(text: string, first: number, options: ScoreOptions): Promise<Analysis<Task>[]> {
    for (;;) {
      try {
        return await this.#run(text, true, options, first)
      } catch (error) {
        if (!(error instanceof FrontdeskError && error.code === 'overloaded')) {
          throw error
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }

  async #run(tickets: string, many: boolean, options: AnalyzeOptions, first?: number): Promise<Analysis<Task>[]> {
    const { signal, ...rest } = options
    refuseAborted(signal)
    const text = json(rest, 'the options')
    const call = this.#open().call(tickets, many, text, first)
    const abort = () => call.cancel()
    signal?.addEventListener('abort', abort, { once: true })
    const stopWatch = watch(call, options.timeoutMs)
    this.#calls.add(call)
    try {
      const failure = await call.run()
      refuseAborted(signal)
      unfailed(failure)
      const analyses: Analysis<Task>[] = []
      for (;;) {
        const slice = call.take(SLICE)
        for (const analysis of slice) {
          analyses.push(shaped(analysis) as Analysis<Task>)
        }
        if (slice.length < SLICE) {
          return analyses
        }
        await new Promise((resolve) => setImmediate(resolve))
        refuseAborted(signal)
      }
    } finally {
      signal?.removeEventListener('abort', abort)
      stopWatch()
      this.#calls.delete(call)
    }
  }
}

/** Trains a head on a frozen trunk and writes the model. */
export async function train(options: TrainOptions): Promise<Report> {
  const asked = withBundle(known(options, TRAIN), 'base')
  const text = json({ ...COLUMNS, ...present(asked) }, 'the options')
  return unfailed(await nativeTrain(text))
}

/** The model that came with this package stands where core would look for the bundled one, unless the environment names it. */
function withBundle<T extends object>(options: T, name: keyof T): T {
  const bundle = join(__dirname, 'models', BUNDLED)
  const model = options[name] ?? BUNDLED
  const wanted = model === BUNDLED && !existsSync(BUNDLED) && !('FRONTDESK_MODEL' in process.env)
  return wanted && existsSync(join(bundle, 'config.json')) ? { ...options, [name]: bundle } : options
}

/** The native analysis with a single-task model's results under their tasks' names. */
function shaped({ tasks, abstain, usage, model, ...outputs }: NativeAnalysis): Analysis {
  const named = Object.fromEntries(tasks.map(({ task, result }) => [task, result]))
  return { ...outputs, ...named, abstain, usage, model }
}

function invalid(text: string, field?: string, options?: ErrorOptions): FrontdeskError {
  return new FrontdeskError('invalid-input', text, field, options)
}

/** Throws what the addon failed with. */
function unfailed<T extends object>(outcome: T | Failure): T
function unfailed(outcome: Failure | undefined): void
function unfailed<T extends object>(outcome: T | Failure | undefined): T | undefined {
  if (outcome != null && 'code' in outcome) {
    const field = outcome.field?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    throw new FrontdeskError(outcome.code, outcome.message, field)
  }
  return outcome
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new FrontdeskError('cancelled', 'the signal was aborted', undefined, { cause: signal.reason })
  }
}

/** Waits for a value, or for the signal. */
async function unlessAborted<T>(value: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      abort = () => reject(new FrontdeskError('cancelled', 'the signal was aborted'))
      signal.addEventListener('abort', abort, { once: true })
      refuseAborted(signal)
      Promise.resolve(value).then(resolve, reject)
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Looks at the call when its time is over, until it is settled. Gives what ends the watch. */
function watch(call: NativeCall, timeoutMs: number | undefined): () => void {
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    timer = setTimeout(look, CHECK_MS)
    call.check()
  }
  if (timeoutMs !== undefined && timeoutMs <= LONGEST_MS) {
    timer = setTimeout(look, timeoutMs)
  }
  return () => clearTimeout(timer)
}

/** The options, read once; refuses names that there are not, and a signal that is none. */
function known<T extends object>(given: T, names: Names<T>): T {
  if (typeof given !== 'object' || given === null) {
    throw invalid(`the options are ${kind(given)}; they must be an object`)
  }
  const options = readable('the options', () => ({ ...given }))
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) {
      throw invalid(`unknown option \`${name}\`; known: ${Object.keys(names).join(', ')}`, name)
    }
  }
  if ('signal' in options && options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw invalid(`signal is ${kind(options.signal)}; it must be an AbortSignal`, 'signal')
  }
  return options
}

/** The options that have a value. */
function present(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function iterator<T>(tickets: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof tickets === 'object' && tickets !== null && !ArrayBuffer.isView(tickets)) {
    if (Symbol.asyncIterator in tickets) {
      return tickets[Symbol.asyncIterator]()
    }
    if (Symbol.iterator in tickets) {
      return tickets[Symbol.iterator]()
    }
  }
  throw invalid(`the tickets are ${kind(tickets)}; they must be an iterable of tickets`, 'tickets')
}

/** Tickets as JSON. */
function list(tickets: readonly unknown[], first: number): string {
  return readable('the tickets', () => {
    if (!Array.isArray(tickets)) {
      throw invalid(`the tickets are ${kind(tickets)}; they must be an array`, 'tickets')
    }
    tickets.forEach((ticket, index) => refuseOther(ticket, `ticket ${first + index}`))
    return JSON.stringify(tickets, carried)
  })
}

function json(value: object, what: string): string {
  return readable(what, () => JSON.stringify(value, carried))
}

/** Reads a caller's objects: their getters may throw anything. */
function readable<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof FrontdeskError) {
      throw cause
    }
    if (cause instanceof RangeError && cause.message === 'Invalid string length') {
      throw new FrontdeskError('too-large', `${what} have more text than a string can hold`, undefined, { cause })
    }
    throw invalid(`${what} cannot be read: ${message(cause)}`, undefined, { cause })
  }
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : kind(cause)
}

function refuseOther(ticket: unknown, place: string): void {
  const bytes = ArrayBuffer.isView(ticket) || ticket instanceof ArrayBuffer
  const object = typeof ticket === 'object' && ticket !== null && !Array.isArray(ticket) && !bytes
  if (typeof ticket !== 'string' && !object) {
    throw invalid(`${place} is ${kind(ticket)}; a ticket is a text, or an object with \`text\``)
  }
}

/** Refuses what JSON would leave out or write as something else. */
function carried(name: string, value: unknown): unknown {
  const other = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'
  const number = typeof value === 'number' && !Number.isFinite(value)
  if (other || number || ArrayBuffer.isView(value)) {
    throw invalid(`${name} is ${number ? value : kind(value)}`, name)
  }
  return value
}

function kind(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value)
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? 'an array' : `of type ${value.constructor?.name ?? 'object'}`
  }
  return `of type ${typeof value}`
}
