// Training a head; the data of a training and of an evaluation.
import { type Report, train as nativeTrain } from '../native.js'
import { withBundle } from './bundle.js'
import { unfailed } from './errors.js'
import { json, known } from './input.js'
import type { EvaluateOptions, TrainOptions } from './types.js'

/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' }

/** A training's or an evaluation's data and options, each as JSON. */
export function dataAndOptions(given: EvaluateOptions & { valid?: string | undefined }): [string, string] {
  const { data, valid, textColumn, labelColumn, ...options } = given
  const columns = { textColumn: textColumn ?? COLUMNS.textColumn, labelColumn: labelColumn ?? COLUMNS.labelColumn }
  return [json({ data, valid, ...columns }, 'the options'), json(options, 'the options')]
}

/** Trains a head on a frozen trunk and writes the model. */
export async function train(options: TrainOptions): Promise<Report> {
  return unfailed(await nativeTrain(...dataAndOptions(withBundle(known(options), 'base'))))
}
