//! The input of a routing decision, and its result.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::whole::whole_numbers;
use super::{Named, Route, Timestamp, Urgency, name};
use crate::{Error, Result};

/// The channel that should take a ticket, with the reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteAnalysis {
    /// The channel: the best one, unless exploration chose another.
    pub recommended_route: Route,
    /// Its share of the channels that the rules left, 0 to 1: a softmax of their scores. It and the scores
    /// of the alternatives add up to 1.
    pub confidence: f32,
    /// One or two sentences from the features of the largest effect.
    pub reasoning: String,
    /// The other channels that the rules left, best first.
    pub alternative_routes: Vec<RouteScore>,
    /// The contributions to the decision, the largest effect first; 8 at most.
    pub contributions: Vec<Contribution>,
    /// The smallest change of a single feature with which the second-best channel would win; `None` where no
    /// single feature can do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_change: Option<Reversal>,
    /// The channels that a rule excluded, in the order of [`ROUTES`], each with its first rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Exclusion>,
    /// The probability that the policy gave this channel, above 0 and up to 1; `None` where the policy does
    /// not explore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propensity: Option<f64>,
    /// True where exploration chose this channel in place of the best one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub explored: bool,
    /// The choice of the shadow policy; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
    /// The record from which the decision can be replayed; `None` unless
    /// [`crate::route::RouteOptions::records`] is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<DecisionRecord>>,
}

/// A channel with its share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RouteScore {
    /// The channel.
    pub route: Route,
    /// Its share of the channels that the rules left, 0 to 1.
    pub score: f32,
}

/// The contribution of one feature to a decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// The feature's name, or `success` (the channel's share in the customer's successes) or `preference`.
    pub feature: String,
    /// Its value, in [`Feature::range`]; of `success` the share, 0 to 1; of `preference` 0 or 1.
    pub value: f64,
    /// The amount that it adds to the score of the recommended channel beyond the amount for the others, in
    /// units of the scores; a negative one speaks against the channel.
    pub effect: f64,
}

/// The one feature that would have to move least, as a share of its range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reversal {
    /// The channel that would win.
    pub route: Route,
    /// The feature's name.
    pub feature: String,
    /// Its value, in [`Feature::range`].
    pub value: f64,
    /// The value at which that channel wins, in the same range.
    pub needed: f64,
}

/// The choice of the shadow policy, which does not act and does not explore.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shadow {
    /// The channel; `None` where its rules leave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_route: Option<Route>,
    /// Its share of the channels that its rules left, 0 to 1; `None` as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// The policy's SHA-256, [`crate::route::RoutePolicy::digest`].
    pub policy: String,
}

/// The reason why a route was excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The desk does not have it, or not at the moment.
    Unavailable,
    /// The time is outside of its opening hours.
    Closed,
    /// Too few agents are free.
    NoAgent,
    /// The customer did not consent.
    NoConsent,
    /// It does not suit one of the customer's needs.
    Need,
    /// It has reached its largest share of the decisions.
    Cap,
}

impl Named for Rule {
    const WHAT: &'static str = "rule";
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Unavailable, "unavailable"),
        (Self::Closed, "closed"),
        (Self::NoAgent, "no-agent"),
        (Self::NoConsent, "no-consent"),
        (Self::Need, "need"),
        (Self::Cap, "cap"),
    ];
}

/// A route that was excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The route.
    pub route: Route,
    /// The first rule that excluded it.
    pub rule: Rule,
}

/// Facts that are known when a ticket is routed, beside the ticket. One that is left out excludes no route,
/// except consent, which must be given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteContext {
    /// The time that opening hours are compared with; `None`: the system's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// The routes that are available now; `None`: all that the rules have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<Vec<Route>>,
    /// Free agents of each route; the rule is skipped for a route that is left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "whole_numbers")]
    pub agents: BTreeMap<Route, u32>,
    /// The routes that the customer consented to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<Route>,
    /// The actions that cannot be asked of the customer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The share of the decisions so far that each route has, 0 to 1; caps are skipped for a route that is
    /// left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<Route, f64>,
}

impl RouteContext {
    /// Refuses an impossible context.
    ///
    /// # Errors
    /// `invalid-input` for a share outside of 0 to 1.
    pub(crate) fn check(&self) -> Result<()> {
        match self.shares.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
            Some((route, share)) => {
                Err(Error::invalid("shares", format!("{share} of {route} is no share, 0 to 1")))
            }
            None => Ok(()),
        }
    }
}

/// An action that cannot be asked of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// To hear.
    Hearing,
    /// To speak.
    Speech,
    /// To see a screen.
    Vision,
}

impl Named for Need {
    const WHAT: &'static str = "need";
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Hearing, "hearing"), (Self::Speech, "speech"), (Self::Vision, "vision")];
}

/// The input of a decision. Of the customer's words it has only keywords of the lexicon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRecord {
    /// SHA-256 of the text, the urgency and the history, `sha256:` and 64 hexadecimal digits.
    pub input: String,
    /// The facts that were known of the ticket.
    pub facts: Facts,
    /// The context of the call; its time is filled in where the rules have opening hours.
    pub context: RouteContext,
    /// The SHA-256 of the policy, [`crate::route::RoutePolicy::digest`].
    pub policy: String,
    /// The number from 0 to below 1 that chose among the routes; `None` where the policy does not explore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<f64>,
}

/// The facts of a ticket from which its route is decided. Of the message they have only counts and words of
/// the lexicon.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// Features that are not 0, each with its value in [`Feature::range`].
    pub features: BTreeMap<Feature, f64>,
    /// The first keyword of each topic, as the message has it, lower-cased.
    pub keywords: BTreeMap<Topic, String>,
    /// The number of words in the message.
    pub words: usize,
    /// The number of distinct problems that it names.
    pub problems: usize,
    /// The number of steps that were already tried.
    pub attempts: usize,
    /// The urgency that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The model's urgency level, 1 to 10; `None` where no model ran.
    #[serde(alias = "urgencyLevel", skip_serializing_if = "Option::is_none")]
    pub urgency_level: Option<u8>,
    /// The number of earlier issues that each channel solved.
    pub solved: ByRoute<usize>,
    /// The number of earlier issues, not below the sum of `solved`.
    pub issues: usize,
    /// The channel that the customer asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Route>,
}

/// A number that the routes' scores weigh. A value that is not known is 0, and has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// How-to words: `1 - 2^-count`, 0 to 1.
    HowTo,
    /// Visual words: `1 - 2^-count`, 0 to 1.
    Visual,
    /// Words of a technical fault: `1 - 2^-count`, 0 to 1.
    Fault,
    /// Words of an emergency: `1 - 2^-count`, 0 to 1.
    Emergency,
    /// Words of money, contract and law: `1 - 2^-count`, 0 to 1.
    Money,
    /// Words of displeasure, and a raised voice beside words of displeasure, fault or emergency: `1 -
    /// 2^-count`, 0 to 1.
    Emotion,
    /// Greetings, thanks and praise: `1 - 2^-count` times their share in all keywords, 0 to 1.
    Courtesy,
    /// [`crate::route::Complexity::value`] less 0.25, so that a simple message has a negative number: -0.25
    /// to 0.75.
    Complexity,
    /// The ticket's urgency: low -0.25, medium and unknown 0, high 0.5, critical 1.
    TicketUrgency,
    /// The model's urgency level: `(level - 4) / 6`, -0.5 to 1; level 4 is ordinary work.
    ModelUrgency,
    /// The model's anger, 0 to 1.
    Anger,
    /// The model's frustration, 0 to 1.
    Frustration,
    /// The model's polarity times its probability: -1 (surely negative) to 1 (surely positive).
    Mood,
    /// The model's probability of an approval, 0 to 1.
    Approval,
    /// The model's probability of a revision, 0 to 1.
    Revision,
    /// The model's probability of a question, 0 to 1.
    Question,
    /// The model's probability of an emergency, 0 to 1.
    Urgent,
    /// The model's probability of a technical fault, 0 to 1.
    Technical,
    /// The model's probability of a general message, 0 to 1.
    General,
    /// The likeness of the message to an earlier issue, by meaning or by words, 0 to 1.
    Repeat,
}

/// The topic of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// The sender asks how something is done, or for a plain fact.
    HowTo,
    /// Something is best looked at together: layout, color, where to click.
    Visual,
    /// Something that should work does not.
    Fault,
    /// Something has stopped, or help must come at once.
    Emergency,
    /// Money, a contract, a legal matter.
    Money,
    /// The sender is displeased or worried.
    Emotion,
    /// Greetings, thanks, praise, checking in.
    Courtesy,
}

impl Topic {
    /// All topics, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::HowTo,
        Self::Visual,
        Self::Fault,
        Self::Emergency,
        Self::Money,
        Self::Emotion,
        Self::Courtesy,
    ];
}

/// The routes in their fixed order: of two with equal shares the earlier, which costs less, comes first.
pub const ROUTES: &[Route] = &[Route::AiChatbot, Route::LiveChat, Route::CoBrowse, Route::VideoCall];

/// A value for each route; in JSON and TOML a table by the routes' names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ByRoute<T> {
    /// Of the chatbot.
    pub ai_chatbot: T,
    /// Of live chat.
    pub live_chat: T,
    /// Of co-browsing.
    pub co_browse: T,
    /// Of a video call.
    pub video_call: T,
}

impl<T> ByRoute<T> {
    /// Returns the values that `of` gives for each route.
    pub fn new(mut of: impl FnMut(Route) -> T) -> Self {
        Self {
            ai_chatbot: of(Route::AiChatbot),
            live_chat: of(Route::LiveChat),
            co_browse: of(Route::CoBrowse),
            video_call: of(Route::VideoCall),
        }
    }

    /// The value of `route`.
    pub fn get(&self, route: Route) -> &T {
        match route {
            Route::AiChatbot => &self.ai_chatbot,
            Route::LiveChat => &self.live_chat,
            Route::CoBrowse => &self.co_browse,
            Route::VideoCall => &self.video_call,
        }
    }

    /// The value of `route`, mutable.
    pub fn get_mut(&mut self, route: Route) -> &mut T {
        match route {
            Route::AiChatbot => &mut self.ai_chatbot,
            Route::LiveChat => &mut self.live_chat,
            Route::CoBrowse => &mut self.co_browse,
            Route::VideoCall => &mut self.video_call,
        }
    }

    /// Routes and values, in the order of [`ROUTES`].
    pub fn iter(&self) -> impl Iterator<Item = (Route, &T)> {
        ROUTES.iter().copied().map(|route| (route, self.get(route)))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(name(*self))
    }
}
