//! Routes: the scorer, policies, the reasons of a decision, and learning from outcomes.

mod outcomes;
mod policy;
mod reasoning;
mod scorer;
