// Decisions that are replayed, and policies that are fitted to outcomes.
import { type RouteAnalysis, type TrainedRoute, replay as nativeReplay, trainRoute as nativeTrainRoute } from '../native.js'
import { withBundle } from './bundle.js'
import { unfailed } from './errors.js'
import { json, known } from './input.js'
import { supervised } from './training.js'
import type { DecisionRecord, RoutePolicy, TrainRouteOptions } from './types.js'

/**
 * Makes a recorded decision again, without a model: the same policy, by default the one that engines have by default, gives the same
 * answer. The choice of a shadow policy is not made again.
 */
export function replay(record: DecisionRecord, policy?: string | RoutePolicy): RouteAnalysis {
  const answer = nativeReplay(json({ record, policy }, 'the record and the policy'))
  return JSON.parse(unfailed<string>(answer)) as RouteAnalysis
}

/** Fits a policy's weights to outcomes of routed tickets. A file is at `output` where they are better, and only there. */
export async function trainRoute(options: TrainRouteOptions): Promise<TrainedRoute> {
  const { signal, onProgress, ...training } = withBundle(known(options), 'model')
  const text = json(training, 'the options')
  return supervised({ signal, onProgress }, (work) => nativeTrainRoute(text, work))
}
