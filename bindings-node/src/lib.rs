//! The Node face of Frontdesk: the native layer under `ts/index.ts`.
//!
//! Nothing here decides anything: it turns JavaScript's values into core's and back, and keeps the work off
//! the event loop. Native promises are never rejected, since a rejection loses its code on the way: they are
//! resolved with a failure, which the TypeScript layer throws.

#![allow(unsafe_code, reason = "napi's macros write the C side of the border")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    clippy::needless_pass_by_value,
    reason = "the users of these types and functions are in JavaScript"
)]

// A test build has no JavaScript to register with, and would write its types twice.
#[cfg(not(test))]
mod mirror;
#[cfg(not(test))]
mod analysis;
#[cfg(not(test))]
mod reports;
#[cfg(not(test))]
mod evaluation;
#[cfg(not(test))]
mod promise;
#[cfg(not(test))]
mod shared;
#[cfg(not(test))]
mod open;
#[cfg(not(test))]
mod call;
#[cfg(not(test))]
mod training;
#[cfg(not(test))]
mod routing;
#[cfg(not(test))]
mod engine;
