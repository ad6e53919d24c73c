//! The data doctor through the public API: planted faults are found, and no others.
mod conduct;
mod findings;
mod given;
mod label_errors;
