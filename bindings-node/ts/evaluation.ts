// Evaluating a model, and comparing two, by an engine or by what one is opened with.
import type { Comparison, Evaluation } from '../native.js'
import { Engine } from './engine.js'
import { known } from './input.js'
import type { CompareOptions, EvaluateOptions } from './types.js'

/** An engine, or what one is opened with; by default the bundled model. */
export type Model = Engine<string> | string | undefined

/** Evaluates one head of a model on labelled rows. */
export async function evaluate(options: EvaluateOptions & { model?: Model }): Promise<Evaluation> {
  const { model, ...rest } = known(options)
  return withEngine(model, (engine) => engine.evaluate(rest))
}

/**
 * Compares a model, `a`, with another, `b`, that could take its place, on labelled rows: whether `b` is better, and which rows
 * change. Both have the same labels.
 */
export async function compare(options: CompareOptions & { a?: Model; b?: Model }): Promise<Comparison> {
  const { a, b, ...rest } = known(options)
  return withEngine(a, (first) => withEngine(b, (second) => first.compare(second, rest)))
}

/** Runs `work` on the engine, or on one that is opened for it and closed after it. */
async function withEngine<T>(model: Model, work: (engine: Engine<string>) => Promise<T>): Promise<T> {
  if (model instanceof Engine) {
    return work(model)
  }
  const engine: Engine<string> = await Engine.open({ model })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}
