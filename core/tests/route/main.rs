//! Routes: the scorer, policies, the reasons of a decision, and learning from outcomes.

mod numbers;
mod outcomes;
mod policy;
mod reasoning;
mod scorer;
