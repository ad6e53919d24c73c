import type * as native from '../native.js';
import type { Route } from './route.js';
import type { Work } from './work.js';
/** The reason why a route was excluded. */
export type Rule = native.Exclusion['rule'];
/** An action that cannot be asked of a customer. */
export type Need = 'hearing' | 'speech' | 'vision';
/** The input of a decision, to be kept and handed back as it is. */
export type DecisionRecord = NonNullable<native.RouteAnalysis['record']>;
/** Options of routing. */
export interface RouteOptions {
    /** The active policy: the name of its file, TOML or JSON, or the policy itself. By default every route, and no exploration. */
    policy?: string | RoutePolicy | undefined;
    /** A shadow policy, which does not act: answers have the route that it would have chosen. */
    shadow?: string | RoutePolicy | undefined;
    /** Whether answers carry a `record`. */
    records?: boolean | undefined;
    /** The comparison with earlier issues: by default by meaning, which runs the encoder once more where there are any. */
    repeats?: 'meaning' | 'words' | undefined;
}
/** The context of a call's tickets. What is left out excludes no route, except consent, which must be given. */
export interface RouteContext {
    /** The time that opening hours are compared with, as a date or as in `2026-03-02T09:30:00Z`; by default now. */
    now?: Date | string | undefined;
    /** The routes that are available now; by default all that the policy has. */
    available?: readonly Route[] | undefined;
    /** The number of free agents of each route. */
    agents?: Readonly<Partial<Record<Route, number>>> | undefined;
    /** The routes that the customer consented to. */
    consent?: readonly Route[] | undefined;
    /** The actions that cannot be asked of the customer. */
    needs?: readonly Need[] | undefined;
    /** The share of the decisions so far that each route has, 0 to 1. */
    shares?: Readonly<Partial<Record<Route, number>>> | undefined;
}
/** A policy, with the names that it has in its file. What is left out is as the default policy has it. */
export interface RoutePolicy {
    name?: string | undefined;
    /** The weights of the features in the routes' scores; all of them are given, or none. */
    weights?: Readonly<RouteWeights> | undefined;
    /** The rules that exclude a route before the scores. */
    rules?: Readonly<RouteRules> | undefined;
    /** Exploration; by default none. */
    exploration?: Readonly<Exploration> | undefined;
}
/** A linear score for each route. */
export interface RouteWeights {
    bias: Readonly<Record<Route, number>>;
    /** By the feature's name. */
    features: Readonly<Record<string, Readonly<Record<Route, number>>>>;
    success: number;
    success_rates: Readonly<Record<Route, number>>;
    preference: number;
    temperature: number;
}
/** The requirements of a desk's routes, which no score can outweigh. */
export interface RouteRules {
    /** The routes that the desk has. */
    available?: readonly Route[] | undefined;
    /** The opening hours of each; by default always open. */
    hours?: Readonly<Partial<Record<Route, Hours>>> | undefined;
    /** The number of agents that must be free; it counts where a call has the number of free ones. */
    agents?: Readonly<Partial<Record<Route, number>>> | undefined;
    /** Routes that need the customer's consent. */
    consent?: readonly Route[] | undefined;
    /** Routes that do not suit a need. */
    needs?: Readonly<Partial<Record<Need, readonly Route[]>>> | undefined;
    /** The largest share of all decisions, above 0 and up to 1; it counts where a call has the share of the route. */
    caps?: Readonly<Partial<Record<Route, number>>> | undefined;
    /** The queue for a ticket that no route is left for. */
    fallback?: string | undefined;
}
/** Opening hours by the clock of a place, such as `Europe/Amsterdam`. A span past midnight is two; `closed` are days such as `2026-12-25`. */
export interface Hours {
    time_zone: string;
    open: readonly {
        days: readonly Day[];
        from: string;
        to: string;
    }[];
    closed?: readonly string[] | undefined;
}
/** A day of the week. */
export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
/** A share of decisions that go to another route than the best, so that outcomes show the value of the others. */
export interface Exploration {
    /** The probability of all routes but the best together, above 0 and up to 0.5. */
    share: number;
    /** The least probability of each route that is open. */
    floor?: Readonly<Record<Route, number>> | undefined;
    /** The largest probability of each route, where it is not the best. */
    ceiling?: Readonly<Record<Route, number>> | undefined;
    /** Above 0: a route whose score is `gap` below the best one's gets at most `1 / (routes + by_gap * gap)`. */
    by_gap?: number | undefined;
    seed?: number | undefined;
}
/** The outcomes, and the file of the policy that is fitted to them. `onProgress` is called with the number of tickets read. */
export interface TrainRouteOptions extends Work<{
    done: number;
    total: number;
}> {
    /** Outcomes, JSON lines. */
    data: string;
    /** The file to write, `.toml` or `.json`; must not exist. */
    output: string;
    /** The policy whose weights are fitted: the name of its file, or the policy itself; by default the default one. */
    policy?: string | RoutePolicy | undefined;
    /** The reward of outcomes, and the evidence that new weights need. */
    options?: LearnOptions | undefined;
    /** The model that reads tickets where outcomes have no facts; by default the bundled one. */
    model?: string | undefined;
    /** Threads for that. */
    threads?: number | undefined;
}
/** Options of the fit. */
export interface LearnOptions {
    reward?: Reward | undefined;
    /** The smallest effective number of decisions of the new policy in the log. */
    effectiveRows?: number | undefined;
}
/** The reward of an outcome, in a unit of your choice. */
export interface Reward {
    /** The value of a solved ticket. */
    solved?: number | undefined;
    /** The cost of each route, whatever the outcome. */
    cost?: Readonly<Record<Route, number>> | undefined;
    /** The cost of a minute. */
    minute?: number | undefined;
    /** The value of five stars from a customer; one star counts as much against. */
    satisfaction?: number | undefined;
}
