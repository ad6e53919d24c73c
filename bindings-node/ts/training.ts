// Examining rows and training a head; the common part of these and of evaluations.
import {
  type Diagnosis,
  type Failure,
  NativeWork,
  type Report,
  type TrainEstimate,
  check as nativeCheck,
  estimate as nativeEstimate,
  train as nativeTrain,
} from '../native.js'
import { withBundle } from './bundle.js'
import { invalid, kind, refuseAborted, unfailed } from './errors.js'
import { json, known } from './input.js'
import { rows } from './rows.js'
import type { CheckOptions, LabelledData, TrainOptions } from './types.js'
import type { Work } from './work.js'

/** Columns as the command takes them where they are not named. */
const COLUMNS = { textColumn: 'text', labelColumn: 'label' }

/** The options of a training or an evaluation that name its rows. */
type RowOptions = Pick<TrainOptions, 'data' | 'valid' | 'textColumn' | 'labelColumn'>

/** Long work on labelled rows: `begin` gets the data and the options, each as JSON. */
export async function worked<T extends object, Step>(
  given: RowOptions & Work<Step>,
  begin: (data: string, options: string, work: NativeWork) => Promise<T | Failure>,
): Promise<T> {
  const { data, valid, textColumn, labelColumn, signal, onProgress, ...options } = given
  const columns = { textColumn: textColumn ?? COLUMNS.textColumn, labelColumn: labelColumn ?? COLUMNS.labelColumn }
  const read = (data: LabelledData | undefined, option: string) => rows(data, columns.textColumn, columns.labelColumn, option)
  const source = { data: read(data, 'data'), valid: valid === undefined ? valid : read(valid, 'valid') }
  const text = json({ ...source, ...columns }, 'the options')
  return supervised({ signal, onProgress }, (work) => begin(text, json(options, 'the options'), work))
}

/** Long work that reports its progress and can be stopped. */
export async function supervised<T extends object, Step>(
  { signal, onProgress }: Work<Step>,
  begin: (work: NativeWork) => Promise<T | Failure>,
): Promise<T> {
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid(`onProgress is ${kind(onProgress)}; it must be a function`, 'onProgress')
  }
  refuseAborted(signal)
  let thrown: { error: unknown } | undefined
  const work = new NativeWork((step) => {
    try {
      const progress = JSON.parse(step) as Step & { notice?: string }
      if (progress?.notice !== undefined) {
        process.emitWarning(progress.notice, 'FrontdeskNotice')
      } else {
        onProgress?.(progress)
      }
    } catch (error) {
      thrown ??= { error }
      work.stop()
    }
  })
  const abort = () => work.stop()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const outcome = await begin(work)
    if (thrown) {
      throw thrown.error
    }
    if ('code' in outcome && outcome.code === 'cancelled') {
      refuseAborted(signal)
    }
    return unfailed<T>(outcome)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** Examines labelled rows as a training would, and for label errors whatever their number. */
export async function check(options: CheckOptions): Promise<Diagnosis> {
  return worked(withBundle(known(options), 'base'), nativeCheck)
}

/** Estimates the time and memory of a training: a few of its steps are timed, and nothing is written. */
export async function estimate(options: Omit<TrainOptions, 'output'>): Promise<TrainEstimate> {
  return worked(withBundle(known(options), 'base'), nativeEstimate)
}

/** Trains a head on a frozen trunk and writes the model; nothing is at `output` unless all of it is. */
export async function train(options: TrainOptions): Promise<Report> {
  return worked(withBundle(known(options), 'base'), nativeTrain)
}
