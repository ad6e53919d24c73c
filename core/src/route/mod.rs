//! Routing, the choice of the channel for a ticket: hard rules, then a linear scorer over named features,
//! decided last.
//!
//! The stages, one module each: [`extract_keywords`] and [`analyze_complexity`] read the text,
//! [`historical_success`] the history, and with the outputs of the models they become [`Facts`]; [`Rules`]
//! exclude routes; [`Weights`] give each route that is left a score; the shares of these give the confidence;
//! [`Exploration`] may choose another route than the best; the reasoning follows in words and in numbers. All
//! of these settings form a [`RoutePolicy`]. The same ticket always gets the same route.
//!
//! A higher urgency never raises the chatbot's share; one more success on a channel, or a preference for it,
//! never lowers that channel's.

mod complexity;
mod contributions;
mod decision;
mod explore;
mod facts;
mod features;
mod history;
mod hours;
mod keywords;
mod lexicon;
mod options;
mod policy;
mod reasoning;
mod record;
mod reversal;
mod router;
mod rules;
mod score;
mod weights;
mod words;

pub use complexity::{Complexity, analyze_complexity};
pub use decision::NoRoute;
#[cfg(feature = "train")]
pub(crate) use decision::{probabilities, score_of};
pub use explore::Exploration;
pub(crate) use history::COMPARED_BYTES;
pub use history::{HistoricalSuccess, historical_success, repeated_issue};
pub use hours::{Day, Hours, Span};
pub use keywords::{Keywords, extract_keywords};
pub use options::{PolicySource, Repeats, RouteOptions};
pub use policy::RoutePolicy;
pub use record::{read_record, replay};
pub use router::{RouteInput, Router, Signals};
pub use rules::Rules;
pub use score::{PRIOR, success_share};
pub use weights::{URGENCY, Weights};

pub use crate::types::{ByRoute, Facts, Feature, ROUTES, Topic};
