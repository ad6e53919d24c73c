//! The rules the whole set must keep, beyond those of a single line.

use crate::near::{THRESHOLD, pairs};
use crate::tickets::{Category, LabelledTicket};
use std::collections::HashSet;
use std::fmt;

/// The fewest messages the set may have.
pub const MIN_TICKETS: usize = 1500;
/// One message in this many, at least, comes from another industry than print.
pub const OTHER_INDUSTRIES_ONE_IN: usize = 5;

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// Fewer than [`MIN_TICKETS`].
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// Too much of the set is about print.
    TooFewOtherIndustries {
        /// How many are not.
        found: usize,
        /// Of how many.
        of: usize,
    },
    /// No message has this category.
    MissingCategory(Category),
    /// No message has this urgency.
    MissingUrgency(u8),
    /// Two messages say nearly the same.
    NearDuplicate {
        /// The earlier one's id.
        first: String,
        /// The later one's id.
        second: String,
        /// Their Jaccard similarity.
        similarity: f64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { found } => write!(f, "{found} messages, at least {MIN_TICKETS} wanted"),
            Self::TooFewOtherIndustries { found, of } => {
                write!(
                    f,
                    "{found} of {of} from other industries, at least one in {OTHER_INDUSTRIES_ONE_IN} wanted"
                )
            }
            Self::MissingCategory(category) => write!(f, "no message has the category {category}"),
            Self::MissingUrgency(level) => write!(f, "no message has urgency {level}"),
            Self::NearDuplicate { first, second, similarity } => {
                write!(f, "near duplicates: {first} and {second} ({similarity:.2})")
            }
        }
    }
}

/// Everything that is wrong with the set; nothing, if it is fit to be trained on. The held-out messages count
/// as near duplicates alone.
pub fn check(tickets: &[LabelledTicket], held_out: &[LabelledTicket]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let of = tickets.len();
    if of < MIN_TICKETS {
        findings.push(Finding::TooFew { found: of });
    }
    let found = tickets.iter().filter(|ticket| ticket.domain != "print").count();
    if found * OTHER_INDUSTRIES_ONE_IN < of {
        findings.push(Finding::TooFewOtherIndustries { found, of });
    }
    let categories: HashSet<Category> = tickets.iter().map(|ticket| ticket.category).collect();
    let levels: HashSet<u8> = tickets.iter().map(|ticket| ticket.urgency).collect();
    let missing = Category::ALL.iter().filter(|category| !categories.contains(category));
    findings.extend(missing.map(|category| Finding::MissingCategory(*category)));
    findings.extend((1..=10).filter(|level| !levels.contains(level)).map(Finding::MissingUrgency));
    let all: Vec<&LabelledTicket> = tickets.iter().chain(held_out).collect();
    let texts: Vec<&str> = all.iter().map(|ticket| ticket.text.as_str()).collect();
    findings.extend(pairs(&texts, THRESHOLD).into_iter().map(|pair| Finding::NearDuplicate {
        first: all[pair.first].id.clone(),
        second: all[pair.second].id.clone(),
        similarity: pair.similarity,
    }));
    findings
}
