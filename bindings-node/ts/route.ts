// The channels that a ticket can go to.
import type * as native from '../native.js'

/** A channel that can take a ticket. */
export type Route = native.RouteScore['route']
