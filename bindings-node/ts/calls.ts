// The calls of an engine that are under way.
import type { Failure, NativeAnalysis, NativeCall, NativeEngine } from '../native.js'
import { refuseAborted, unfailed } from './errors.js'
import type { Analysis } from './types.js'

/** Milliseconds between two looks at a call whose time is over. */
const CHECK_MS = 2

/** The longest time that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1

/** The arguments of a call; tickets and options are JSON. */
export interface Request {
  tickets: string
  many: boolean
  /** The place of the first ticket, where the tickets are a part of something longer. */
  first: number | undefined
  options: string
  signal: AbortSignal | undefined
  timeoutMs: number | undefined
}

/** The end of a call: its first analyses as JSON, or the failure. */
type Outcome = string | Failure

interface UnderWay {
  call: NativeCall
  settle: (outcome: Outcome) => void
}

/** Keeps the process alive while an engine is busy: the addon does not. */
const awake = setInterval(() => {}, LONGEST_MS).unref()
let busy = 0

/** Calls by number, as the addon reports their ends. */
export class Calls {
  #next = 0
  readonly #underWay = new Map<number, UnderWay>()

  /** The callback of the addon for the end of a call. */
  readonly settled = (number: number, outcome: Outcome): void => {
    this.#underWay.get(number)?.settle(outcome)
    this.#underWay.delete(number)
    if (this.#underWay.size === 0 && --busy === 0) {
      awake.unref()
    }
  }

  cancel(): void {
    for (const { call } of this.#underWay.values()) {
      call.cancel()
    }
  }

  async run<Task extends string>(native: NativeEngine, request: Request): Promise<Analysis<Task>[]> {
    const { signal } = request
    refuseAborted(signal)
    const number = this.#next
    this.#next = (this.#next + 1) % 2 ** 32
    const call = native.call(number, request.tickets, request.many, request.options, request.first)
    const abort = () => call.cancel()
    signal?.addEventListener('abort', abort, { once: true })
    const stopWatch = watch(call, request.timeoutMs)
    if (this.#underWay.size === 0 && busy++ === 0) {
      awake.ref()
    }
    try {
      const outcome = await new Promise<Outcome>((settle) => this.#underWay.set(number, { call, settle }))
      refuseAborted(signal)
      const analyses = (JSON.parse(unfailed<string>(outcome)) as NativeAnalysis[]).map(shaped<Task>)
      while (request.many) {
        await new Promise((resolve) => setImmediate(resolve))
        refuseAborted(signal)
        const more = JSON.parse(call.more()) as NativeAnalysis[]
        if (more.length === 0) {
          break
        }
        for (const analysis of more) {
          analyses.push(shaped(analysis))
        }
      }
      return analyses
    } finally {
      signal?.removeEventListener('abort', abort)
      stopWatch()
    }
  }
}

/** The native analysis with a single-task model's results under their tasks' names. */
function shaped<Task extends string>(analysis: NativeAnalysis): Analysis<Task> {
  if (analysis.tasks === undefined) {
    return analysis as Analysis<Task>
  }
  const { tasks, abstain, usage, model, ...outputs } = analysis
  const named = Object.fromEntries(tasks.map(({ task, result }) => [task, result]))
  return { ...outputs, ...named, abstain, usage, model } as Analysis<Task>
}

/** Looks at the call when its time is over, until it is settled. Returns the function that stops this. */
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
