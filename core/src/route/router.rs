//! The active policy, and a shadow policy.

use super::decision::{DecisionContext, NoRoute, decide};
use super::policy::RoutePolicy;
use super::record::{digest, draw};
use crate::{
    CategoryAnalysis, CustomerHistory, DecisionRecord, Facts, Result, RouteAnalysis, RouteContext,
    SentimentAnalysis, Shadow, Timestamp, Urgency,
};

/// Outputs of the models for the text, as far as they ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signals<'a> {
    /// The sentiment, its emotions and the urgency level; `None` where the model did not run: these features
    /// are 0.
    pub sentiment: Option<&'a SentimentAnalysis>,
    /// The category with its probabilities; `None` as above.
    pub category: Option<&'a CategoryAnalysis>,
}

/// The input of a routing decision: a ticket with the outputs of the models.
#[derive(Debug, Clone, Copy, Default)]
pub struct RouteInput<'a> {
    /// The ticket's identifier; where it has one, it determines the draw for exploration, else the content
    /// does.
    pub id: Option<&'a str>,
    /// The message.
    pub text: &'a str,
    /// The urgency that was given.
    pub urgency: Option<Urgency>,
    /// The customer's history with the desk.
    pub history: Option<&'a CustomerHistory>,
    /// The outputs of the models for the text.
    pub signals: Signals<'a>,
    /// The likeness to an earlier issue by its meaning, 0 to 1; the value of [`super::repeated_issue`] for
    /// its words counts where it is larger. `None`: its words alone.
    pub repeat: Option<f64>,
}

/// Decides which channel takes a ticket.
#[derive(Debug, Clone)]
pub struct Router {
    acts: NamedPolicy,
    /// The shadow policy: its best route is reported; it does not act and does not explore.
    shadow: Option<NamedPolicy>,
    records: bool,
}

#[derive(Debug, Clone)]
struct NamedPolicy {
    policy: RoutePolicy,
    digest: String,
}

impl NamedPolicy {
    fn new(policy: RoutePolicy) -> Result<Self> {
        policy.check()?;
        let digest = policy.digest();
        Ok(Self { policy, digest })
    }
}

impl Default for Router {
    /// The default policy: every route, the default weights, no exploration.
    fn default() -> Self {
        let policy = RoutePolicy::default();
        let digest = policy.digest();
        Self { acts: NamedPolicy { policy, digest }, shadow: None, records: false }
    }
}

impl Router {
    /// A router by `policy`. With a `shadow` policy, every answer has the route that it would have chosen;
    /// with `records`, the record of the decision.
    ///
    /// # Errors
    /// As [`RoutePolicy::check`].
    pub fn new(policy: RoutePolicy, shadow: Option<RoutePolicy>, records: bool) -> Result<Self> {
        let mut shadow = shadow.map(NamedPolicy::new).transpose()?;
        if let Some(shadow) = &mut shadow {
            shadow.policy.exploration = None;
        }
        Ok(Self { acts: NamedPolicy::new(policy)?, shadow, records })
    }

    /// The active policy, and its SHA-256.
    pub fn policy(&self) -> (&RoutePolicy, &str) {
        (&self.acts.policy, &self.acts.digest)
    }

    /// Decides which channel should take a ticket.
    ///
    /// The confidence is the chosen route's share of those that the rules left, 0 to 1; it and the scores of
    /// the alternatives add up to 1. Of equal shares the one earlier in [`super::ROUTES`] is better.
    ///
    /// # Errors
    /// [`NoRoute`] where the rules leave no route.
    pub fn decide(
        &self,
        input: &RouteInput<'_>,
        context: &RouteContext,
    ) -> std::result::Result<RouteAnalysis, NoRoute> {
        let facts = Facts::read(input);
        let now = self.now(context);
        let explores = self.acts.policy.exploration.as_ref();
        let digest =
            (self.records || explores.is_some()).then(|| digest(input.text, input.urgency, input.history));
        let ticket = input.id.or(digest.as_deref()).unwrap_or_default();
        let draw = explores.map(|exploration| draw(exploration.seed, ticket));
        let given = DecisionContext { policy: &self.acts.policy, context, now, draw: draw.unwrap_or(0.0) };
        let mut answer = decide(&facts, &given)?;
        if let Some(shadow) = &self.shadow {
            let other = decide(&facts, &DecisionContext { policy: &shadow.policy, draw: 0.0, ..given }).ok();
            answer.shadow = Some(Shadow {
                recommended_route: other.as_ref().map(|other| other.recommended_route),
                confidence: other.map(|other| other.confidence),
                policy: shadow.digest.clone(),
            });
        }
        if let Some(digest) = digest.filter(|_| self.records) {
            let now = self.is_time_dependent().then_some(now).or(context.now);
            let context = RouteContext { now, ..context.clone() };
            answer.record = Some(Box::new(DecisionRecord {
                input: digest,
                facts,
                context,
                policy: self.acts.digest.clone(),
                draw,
            }));
        }
        Ok(answer)
    }

    /// As [`Router::decide`], from facts that are known already; `ticket` determines the draw for
    /// exploration. There is no record and no choice of a shadow policy.
    ///
    /// # Errors
    /// [`NoRoute`] where the rules leave no route.
    pub fn route(
        &self,
        facts: &Facts,
        ticket: &str,
        context: &RouteContext,
    ) -> std::result::Result<RouteAnalysis, NoRoute> {
        let policy = &self.acts.policy;
        let draw = policy.exploration.as_ref().map_or(0.0, |exploration| draw(exploration.seed, ticket));
        decide(facts, &DecisionContext { policy, context, now: self.now(context), draw })
    }

    fn now(&self, context: &RouteContext) -> Timestamp {
        context.now.unwrap_or_else(|| {
            if self.is_time_dependent() { Timestamp::now() } else { Timestamp::UNIX_EPOCH }
        })
    }

    /// True where a decision depends on the time at which it is made.
    pub(crate) fn is_time_dependent(&self) -> bool {
        self.acts.policy.rules.depend_on_time()
            || self.shadow.as_ref().is_some_and(|shadow| shadow.policy.rules.depend_on_time())
    }
}
