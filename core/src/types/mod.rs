//! Input and output types, which cross every language boundary.

mod analysis;
mod names;
mod object;
mod route;
mod ticket;
mod time;
mod whole;

pub use analysis::*;
pub use names::*;
pub use object::Object;
pub use route::*;
pub use ticket::*;
pub use time::*;
