//! The Node face of Frontdesk: the native layer under `ts/index.ts`.
//!
//! Nothing here decides anything: it turns JavaScript's values into core's and back, and keeps the work off the event loop.
//! Native promises are never rejected, since a rejection loses its code on the way: they are resolved with a failure, which
//! the TypeScript layer throws.

#![allow(unsafe_code, reason = "napi's macros write the C side of the border")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "the users of these types are in JavaScript"
)]
#![cfg_attr(test, allow(dead_code, reason = "napi's macros register nothing in a test build"))]

mod mirror;
mod analysis;
mod reports;
mod promise;
mod call;
mod engine;
mod training;
