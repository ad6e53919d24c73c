import { type RouteAnalysis, type TrainedRoute } from '../native.js';
import type { DecisionRecord, RoutePolicy, TrainRouteOptions } from './types.js';
/**
 * Makes a recorded decision again, without a model: the same policy, by default the one that engines have by default, gives the same
 * answer. The choice of a shadow policy is not made again.
 */
export declare function replay(record: DecisionRecord, policy?: string | RoutePolicy): RouteAnalysis;
/** Fits a policy's weights to outcomes of routed tickets. A file is at `output` where they are better, and only there. */
export declare function trainRoute(options: TrainRouteOptions): Promise<TrainedRoute>;
