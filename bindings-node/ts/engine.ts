// The engine, and the calls that are under way.
import { type Comparison, type Evaluation, type Info, type Metrics, NativeEngine, STREAM_STEP, STREAM_WINDOW } from '../native.js'
import { withBundle } from './bundle.js'
import { Calls } from './calls.js'
import { FrontdeskError, invalid, kind, message, refuseAborted, unfailed } from './errors.js'
import { type Names, iterator, json, known, list, one } from './input.js'
import { worked } from './training.js'
import type { Analysis, AnalyzeOptions, CompareOptions, EngineOptions, EvaluateOptions, ScoreOptions, Ticket } from './types.js'

const SCORE: Names<ScoreOptions> = { signal: true, outputs: true, route: true }
const ANALYZE: Names<AnalyzeOptions> = { ...SCORE, timeoutMs: true }

/** Reads support messages. */
export class Engine<Task extends string = never> {
  /** The description of this engine. */
  readonly info: Info
  #native: NativeEngine | undefined
  #closed: Promise<void> | undefined
  readonly #calls: Calls

  private constructor(native: NativeEngine, calls: Calls) {
    if (!(native instanceof NativeEngine)) {
      throw invalid('an engine is made by `await Engine.open(…)`')
    }
    this.#native = native
    this.#calls = calls
    this.info = native.info()
  }

  /** Opens an engine: finds the model, checks every file, replays its golden messages, starts the threads. */
  static async open<Task extends string = never>(options: EngineOptions = {}): Promise<Engine<Task>> {
    const text = json(withBundle(known(options), 'model'), 'the options')
    const calls = new Calls()
    const native = NativeEngine.open(text, calls.settled)
    return new Engine<Task>(unfailed(await native), calls)
  }

  /** Analyzes one ticket. */
  async analyze(ticket: string | Ticket, options: AnalyzeOptions = {}): Promise<Analysis<Task>> {
    const asked = known(options, ANALYZE)
    const [analysis] = await this.#run(one(ticket), false, asked)
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
   * Analyzes a stream of any length, in its order. Of the source, at most 512 tickets are read ahead of what was taken; where
   * other callers fill the queue, it waits for its turn. A source that throws ends it with the source's own error.
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
        while (!ended && underWay.length < STREAM_WINDOW) {
          const step: (string | Ticket)[] = []
          while (step.length < STREAM_STEP && !ended) {
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
            const analyses = this.#run(list(step, first), true, { ...rest, signal: stop.signal }, first)
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

  /** Evaluates one head of the model on labelled rows. */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const native = this.#open()
    return worked(known(options), (data, rest, work) => native.evaluate(data, rest, work))
  }

  /**
   * Compares this engine's model, a, with the model of another engine, b, which could take its place, on labelled rows: whether
   * b is better, and which rows change. Both have the same labels.
   */
  async compare<Other extends string>(other: Engine<Other>, options: CompareOptions): Promise<Comparison> {
    if (!(other instanceof Engine)) {
      throw invalid(`the other engine is ${kind(other)}; it must be an Engine`, 'other')
    }
    const [native, second] = [this.#open(), other.#open()]
    return worked(known(options), (data, rest, work) => native.compare(second, data, rest, work))
  }

  /** The metrics of this engine so far. */
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
    this.#calls.cancel()
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

  /** `first` is the place of the first ticket in a stream. */
  #run(tickets: string, many: boolean, options: AnalyzeOptions, first?: number): Promise<Analysis<Task>[]> {
    const { signal, ...rest } = options
    const text = json(rest, 'the options')
    return this.#calls.run(this.#open(), { tickets, many, first, options: text, signal, timeoutMs: rest.timeoutMs })
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
