//! The data doctor through the public face: what is planted is found, and what is not there is not.
mod conduct;
mod findings;
mod given;
mod label_errors;
