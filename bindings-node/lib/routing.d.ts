import { type RouteAnalysis, type TrainedRoute } from '../native.js';
import type { DecisionRecord, RoutePolicy, TrainRouteOptions } from './types.js';
/**
 * Makes a recorded decision again, without a model: the same policy, by default the one that engines have by default, gives the same
 * answer. What another policy would have chosen is not told again.
 */
export declare function replay(record: DecisionRecord, policy?: string | RoutePolicy): RouteAnalysis;
/** Learns a policy's weights from outcomes of routed tickets. A file is at `output` where they are better, and only there. */
export declare function trainRoute(options: TrainRouteOptions): Promise<TrainedRoute>;
