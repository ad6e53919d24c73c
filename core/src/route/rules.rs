//! Hard rules, which exclude routes before the scores.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use crate::{
    Error, ErrorKind, Exclusion, Need, ROUTES, Result, Route, RouteContext, Rule, Timestamp, number,
};

/// The requirements of a desk's routes, which no score can outweigh. A rule that is left out excludes no
/// route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The routes that the desk has, one at least.
    pub available: Vec<Route>,
    /// The opening hours of each route; a route that is left out is always open.
    pub hours: BTreeMap<Route, Hours>,
    /// The number of agents that must be free for a route; it counts where [`RouteContext::agents`] has the
    /// route.
    pub agents: BTreeMap<Route, u32>,
    /// Routes that need the customer's consent.
    pub consent: Vec<Route>,
    /// The routes that do not suit each need of a customer.
    pub needs: BTreeMap<Need, Vec<Route>>,
    /// The share of all decisions from which on a route is excluded, above 0 and up to 1; it counts where
    /// [`RouteContext::shares`] has the route.
    pub caps: BTreeMap<Route, f64>,
    /// The queue for a ticket for which no route is left; not empty.
    pub fallback: String,
}

impl Default for Rules {
    /// Every route, always; a customer who does not hear or speak gets no video call, one who does not see no
    /// co-browsing.
    fn default() -> Self {
        let needs = [
            (Need::Hearing, vec![Route::VideoCall]),
            (Need::Speech, vec![Route::VideoCall]),
            (Need::Vision, vec![Route::CoBrowse]),
        ];
        Self {
            available: ROUTES.to_vec(),
            hours: BTreeMap::new(),
            agents: BTreeMap::new(),
            consent: Vec::new(),
            needs: needs.into(),
            caps: BTreeMap::new(),
            fallback: "support".to_owned(),
        }
    }
}

impl Rules {
    /// The routes that are left, and those that are not, each in the order of [`ROUTES`].
    pub(super) fn apply(&self, context: &RouteContext, now: Timestamp) -> (Vec<Route>, Vec<Exclusion>) {
        let (mut open, mut out) = (Vec::new(), Vec::new());
        for &route in ROUTES {
            match self.against(route, context, now) {
                Some(rule) => out.push(Exclusion { route, rule }),
                None => open.push(route),
            }
        }
        (open, out)
    }

    /// The first rule that excludes `route`.
    fn against(&self, route: Route, context: &RouteContext, now: Timestamp) -> Option<Rule> {
        let lacks = |routes: &[Route]| !routes.contains(&route);
        let unsuited = |need: &Need| self.needs.get(need).is_some_and(|routes| routes.contains(&route));
        let fewer = |needed: &u32| context.agents.get(&route).is_some_and(|free| free < needed);
        let full = |cap: &f64| context.shares.get(&route).is_some_and(|share| share >= cap);
        let rules = [
            (Rule::Unavailable, lacks(&self.available) || context.available.as_deref().is_some_and(lacks)),
            (Rule::Closed, self.hours.get(&route).is_some_and(|hours| !hours.are_open(now))),
            (Rule::NoAgent, self.agents.get(&route).is_some_and(fewer)),
            (Rule::NoConsent, self.consent.contains(&route) && lacks(&context.consent)),
            (Rule::Need, context.needs.iter().any(unsuited)),
            (Rule::Cap, self.caps.get(&route).is_some_and(full)),
        ];
        rules.into_iter().find(|(_, out)| *out).map(|(rule, _)| rule)
    }

    /// True where the result depends on the time.
    pub(super) fn depend_on_time(&self) -> bool {
        !self.hours.is_empty()
    }

    /// Refuses rules that contradict each other, or that no ticket could pass.
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |rule: &str, what: String| {
            let path = format!("rules.{rule}");
            Err(Error::new(ErrorKind::DataInvalid, format!("{path}: {what}")).at(&path))
        };
        if self.available.is_empty() {
            return invalid("available", "no route is left for any ticket".to_owned());
        }
        let spoken_of = self.hours.keys().map(|route| ("hours", route));
        let spoken_of = spoken_of.chain(self.agents.keys().map(|route| ("agents", route)));
        let spoken_of = spoken_of.chain(self.consent.iter().map(|route| ("consent", route)));
        let mut spoken_of = spoken_of.chain(self.caps.keys().map(|route| ("caps", route)));
        if let Some((rule, route)) = spoken_of.find(|(_, route)| !self.available.contains(route)) {
            return invalid(rule, format!("{route} is not among the available routes"));
        }
        for (route, hours) in &self.hours {
            hours.check(&format!("rules.hours.{route}"))?;
        }
        for (route, &cap) in &self.caps {
            let range = (Bound::Excluded(0.0), Bound::Included(1.0));
            number::check(ErrorKind::DataInvalid, format_args!("rules.caps.{route}"), cap, range)?;
        }
        if self.fallback.trim().is_empty() {
            return invalid("fallback", "a ticket without a route needs the name of a queue".to_owned());
        }
        Ok(())
    }
}
