//! The Python face of Frontdesk: the native layer under `python/frontdesk`.
//!
//! Nothing here decides anything: it turns Python's values into core's and back, releases the interpreter
//! while the engine works, and checks for Ctrl-C meanwhile.

#![allow(unsafe_code, reason = "pyo3's macros write the C side of the border")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    clippy::needless_pass_by_value,
    reason = "the users of these types are in Python"
)]

mod mirror;
mod types;
mod door;
mod tickets;
mod column;
mod call;
mod engine;
mod training;
mod routing;

/// The native layer of `frontdesk`; not for users.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::call::NativeCall;
    #[pymodule_export]
    use crate::engine::{NativeEngine, open};
    #[pymodule_export]
    use crate::routing::{replay, train_route};
    #[pymodule_export]
    use crate::training::{check, compare, estimate, evaluate, train};
}
