import type * as native from '../native.js';
import type { Route } from './route.js';
import type { Work } from './work.js';
/** Why a route was taken out. */
export type Rule = native.Exclusion['rule'];
/** What a customer cannot be asked to do. */
export type Need = 'hearing' | 'speech' | 'vision';
/** What a decision was made from, to be kept and handed back as it is. */
export type DecisionRecord = NonNullable<native.RouteAnalysis['record']>;
/** How an engine routes. */
export interface RouteOptions {
    /** The policy that acts: the name of its file, TOML or JSON, or the policy itself. By default every route, and nothing is tried out. */
    policy?: string | RoutePolicy | undefined;
    /** A policy that is only watched: answers say what it would have chosen. */
    shadow?: string | RoutePolicy | undefined;
    /** Whether answers carry a `record`. */
    records?: boolean | undefined;
    /** How an earlier issue is found that a message repeats: by default by its meaning, which runs the encoder once more where there are any. */
    repeats?: 'meaning' | 'words' | undefined;
}
/** What is known of a call's tickets beside them. What is left out takes no route out, but consent, which must be given. */
export interface RouteContext {
    /** The time that opening hours are compared with, as a date or as in `2026-03-02T09:30:00Z`; by default now. */
    now?: Date | string | undefined;
    /** The routes that can be had at the moment; by default all that the policy has. */
    available?: readonly Route[] | undefined;
    /** Agents that are free. */
    agents?: Readonly<Partial<Record<Route, number>>> | undefined;
    /** What the customer consented to. */
    consent?: readonly Route[] | undefined;
    /** What the customer cannot be asked to do. */
    needs?: readonly Need[] | undefined;
    /** The share of the decisions so far that each route has, 0 to 1. */
    shares?: Readonly<Partial<Record<Route, number>>> | undefined;
}
/** A policy, with the names that it has in its file. What is left out is as the default policy has it. */
export interface RoutePolicy {
    name?: string | undefined;
    /** What features add to the routes' scores; all of them are given, or none. */
    weights?: Readonly<RouteWeights> | undefined;
    /** What takes a route out before the scores. */
    rules?: Readonly<RouteRules> | undefined;
    /** What is tried out. */
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
/** What a desk's routes ask for, whatever the scores say. */
export interface RouteRules {
    /** The routes that the desk has. */
    available?: readonly Route[] | undefined;
    /** When each is open; by default always. */
    hours?: Readonly<Partial<Record<Route, Hours>>> | undefined;
    /** Agents that must be free; looked at where a call says how many are. */
    agents?: Readonly<Partial<Record<Route, number>>> | undefined;
    /** Routes that need the customer's consent. */
    consent?: readonly Route[] | undefined;
    /** Routes that do not suit a need. */
    needs?: Readonly<Partial<Record<Need, readonly Route[]>>> | undefined;
    /** The largest share of all decisions; looked at where a call says what share a route has. */
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
/** A share of decisions that go to another route than the best, so that outcomes can teach what the others are worth. */
export interface Exploration {
    /** The probability of all routes but the best together, above 0 and up to 0.5. */
    share: number;
    /** The least probability of each route that is open. */
    floor?: Readonly<Record<Route, number>> | undefined;
    /** The largest probability of each route, where it is not the best. */
    ceiling?: Readonly<Record<Route, number>> | undefined;
    /** A route whose score is `gap` below the best one's gets at most `1 / (routes + by_gap * gap)`, so that what is tried costs little; above 0. */
    by_gap?: number | undefined;
    seed?: number | undefined;
}
/** Where outcomes lie, and where the policy goes that they teach. `onProgress` is called with the number of tickets read, where outcomes have no facts. */
export interface TrainRouteOptions extends Work<{
    done: number;
    total: number;
}> {
    /** Outcomes, JSON lines. */
    data: string;
    /** The file to write, `.toml` or `.json`; must not be there. */
    output: string;
    /** The policy whose weights learn: the name of its file, or the policy itself; by default the default one. */
    policy?: string | RoutePolicy | undefined;
    /** What outcomes are worth, and how much proof new weights need. */
    options?: LearnOptions | undefined;
    /** The model that reads tickets where outcomes have no facts; by default the bundled one. */
    model?: string | undefined;
    /** Threads for that. */
    threads?: number | undefined;
}
/** How to learn. */
export interface LearnOptions {
    reward?: Reward | undefined;
    /** The least decisions of the new policy that the log must be worth. */
    effectiveRows?: number | undefined;
}
/** What outcomes are worth to a desk. */
export interface Reward {
    /** What a ticket that is solved is worth. */
    solved?: number | undefined;
    /** What each route costs, whatever comes of it. */
    cost?: Readonly<Record<Route, number>> | undefined;
    /** What a minute costs. */
    minute?: number | undefined;
    /** What the best or the worst word of a customer is worth. */
    satisfaction?: number | undefined;
}
