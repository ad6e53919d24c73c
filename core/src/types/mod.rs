//! Input and output types, which cross every language boundary.

mod analysis;
mod names;
mod route;
mod ticket;

pub use analysis::*;
pub use jiff::Timestamp;
pub use names::*;
pub use route::*;
pub use ticket::*;
