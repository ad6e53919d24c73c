//! Learning how to route from the outcomes of routed tickets.

mod design;
mod learn;
mod reward;
mod ridge;
mod row;
mod train;
mod value;

pub use learn::{LearnOptions, LearnReport, RouteOutcomes, learn};
pub use reward::Reward;
pub use row::{Ending, Outcome, read_facts, read_outcomes};
pub use train::{RouteTraining, RouteTrainingProgress, TrainedRoute, train_route};
pub use value::{PolicyValue, ValueEstimate};
