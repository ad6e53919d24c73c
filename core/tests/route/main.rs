//! Routes: the scorer, policies, what is input of a decision, and learning from outcomes.

mod outcomes;
mod policy;
mod reasoning;
mod scorer;
