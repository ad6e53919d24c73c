//! Weights that are fitted to outcomes, and whether they may replace the current ones.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::design::{WIDTH, entries, expected, priors, scaled, weights};
use super::reward::Reward;
use super::ridge::{Normal, Prior};
use super::row::{Ending, Outcome};
use super::value::{Judged, PolicyValue, ValueEstimate, doubly_robust, mean};
use crate::regular::read_text;
use crate::route::{RoutePolicy, probabilities};
use crate::{ByRoute, Error, ErrorKind, Facts, ROUTES, Result, Route, number};

/// Options of fitting weights to outcomes. In JSON, a field that is left out has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnOptions {
    /// The reward of an outcome.
    pub reward: Reward,
    /// The smallest effective number of decisions of the new policy in the log,
    /// [`PolicyValue::effective_rows`], 0 to 1e12; by default 300. With fewer the normal approximation of
    /// the interval does not hold yet: in `benches` weights were accepted by chance at 111.
    #[serde(alias = "effectiveRows")]
    pub effective_rows: f64,
}

impl Default for LearnOptions {
    fn default() -> Self {
        Self { reward: Reward::default(), effective_rows: 300.0 }
    }
}

impl LearnOptions {
    /// Reads a TOML file of at most 1 MiB.
    ///
    /// # Errors
    /// `io`; `too-large`; `invalid-input` for no regular file; `data-invalid` where it is broken, or has a
    /// number out of its range.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path, MAX_BYTES)?;
        let invalid = |message: &str| Error::new(ErrorKind::DataInvalid, message).context(path.display());
        let read: Self = toml::from_str(&text).map_err(|e| invalid(&e.to_string()))?;
        read.check().map_err(|e| invalid(e.message()).at(e.field().unwrap_or_default()))?;
        Ok(read)
    }

    fn check(&self) -> Result<()> {
        self.reward.check()?;
        number::check(ErrorKind::InvalidInput, "effective_rows", self.effective_rows, 0.0..=1e12)
    }
}

/// The outcomes of the tickets that took one route.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct RouteOutcomes {
    /// The number of tickets.
    pub rows: usize,
    /// The share of them that was solved, 0 to 1; 0 of none.
    pub solved: f64,
    /// Their mean reward, in the unit of [`Reward`]; 0 of none.
    pub reward: f64,
}

/// The result of a fit: estimates of the old and the new policy, and whether the new one is better. Rewards
/// are in the unit of [`Reward`], per ticket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnReport {
    /// The number of outcomes.
    pub rows: usize,
    /// The outcomes by the route that was taken.
    pub routes: ByRoute<RouteOutcomes>,
    /// The mean reward of the decisions in the log.
    pub logged: ValueEstimate,
    /// The estimated reward of the current policy, without exploration.
    pub old: PolicyValue,
    /// The estimated reward of policies that were fitted in the same way to other rows, without exploration.
    pub new: PolicyValue,
    /// The new policies' reward less the old one's on the same rows, doubly robust; the weights are accepted
    /// where its interval is above 0.
    pub gain: ValueEstimate,
    /// The ridge penalty, which draws the weights to the current ones, chosen on held-out rows.
    pub penalty: f64,
    /// The root mean squared error of a predicted reward, on held-out rows.
    pub error: f64,
    /// True where the log shows that the new weights are better.
    pub accepted: bool,
    /// The reason for that, a sentence for people.
    pub reason: String,
}

/// The largest file of options, in bytes.
const MAX_BYTES: u64 = 1 << 20;
const FOLDS: usize = 5;
/// The largest weight of one row of a rare route in the fit.
const MOST_WEIGHT: f64 = 20.0;
const PENALTIES: [f64; 7] = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1, 1.0];
/// Rows under which nothing is learned.
const LEAST_ROWS: usize = 50;

struct RewardRow<'a> {
    facts: &'a Facts,
    route: Route,
    propensity: f64,
    open: Vec<Route>,
    reward: f64,
    weight: f64,
}

/// Fits the weights of a policy to outcomes, and evaluates them on rows that they were not fitted to.
/// `policy` is the current one: its rules and exploration stay, and the new weights are drawn to its weights.
/// The new policy is returned whether or not it is accepted.
///
/// # Errors
/// `invalid-input` for an option out of its range; `data-invalid` for a policy or a row that is not valid,
/// where a row has neither facts nor a record (see [`super::read_facts`]), where fewer than two routes were
/// taken, for fewer than 50 rows, and where rows have no propensity.
pub fn learn(
    outcomes: &[Outcome],
    policy: &RoutePolicy,
    options: &LearnOptions,
) -> Result<(RoutePolicy, LearnReport)> {
    options.check()?;
    policy.check().map_err(|e| e.context("the current policy"))?;
    for (place, outcome) in outcomes.iter().enumerate() {
        outcome.check().map_err(|e| e.context(format!("outcome {place}")))?;
    }
    let routes = by_route(outcomes, &options.reward);
    let rows = rows(outcomes, options, &routes)?;
    let rates = success_rates(outcomes, &rows);
    let defaults = &policy.weights;
    let folds: Vec<Normal> = (0..FOLDS).map(|fold| normal(&rows, fold, &rates)).collect();
    let all = merged(&folds, None);
    let priors = priors(
        defaults,
        scaled(
            &rows.iter().map(|row| (row.facts, row.route, row.reward, row.weight)).collect::<Vec<_>>(),
            defaults,
        ),
    );
    let (penalty, error) = chosen(&folds, &priors);
    let temperature = gumbel_scale(error);
    let made = |parameters: &[f64]| RoutePolicy {
        weights: weights(parameters, rates, temperature),
        ..policy.clone()
    };
    // Weights are judged by the routes that they rank best: exploration costs both policies alike, and hides
    // the difference.
    let judged_as = |policy: &RoutePolicy| RoutePolicy { exploration: None, ..policy.clone() };
    let current = judged_as(policy);
    let (mut of_old, mut of_new) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for fold in 0..FOLDS {
        let parameters = merged(&folds, Some(fold)).solve(&priors, penalty);
        let candidate = judged_as(&made(&parameters));
        for row in rows.iter().skip(fold).step_by(FOLDS) {
            of_old.push(judged(row, &current, &parameters, &rates));
            of_new.push(judged(row, &candidate, &parameters, &rates));
        }
    }
    let differences = of_new.iter().zip(&of_old).map(|(new, old)| doubly_robust(new) - doubly_robust(old));
    let gain = mean(differences);
    let (old, new) = (PolicyValue::of(&of_old), PolicyValue::of(&of_new));
    let (accepted, reason) = verdict(&gain, &new, options.effective_rows);
    let learnt = made(&all.solve(&priors, penalty));
    learnt.check().map_err(|e| e.context("the fitted policy"))?;
    let logged = mean(rows.iter().map(|row| row.reward));
    let report =
        LearnReport { rows: rows.len(), routes, logged, old, new, gain, penalty, error, accepted, reason };
    Ok((learnt, report))
}

fn verdict(gain: &ValueEstimate, new: &PolicyValue, effective_rows: f64) -> (bool, String) {
    if new.effective_rows < effective_rows {
        let reason = format!(
            "the log is worth {:.0} decisions of the new policy, under {effective_rows:.0}: it chose otherwise too often for an estimate; explore more, or wait",
            new.effective_rows
        );
        return (false, reason);
    }
    let figures = format!(
        "{:.4} a ticket, with a confidence of 95 % from {:.4} to {:.4}",
        gain.value, gain.low, gain.high
    );
    if gain.low > 0.0 {
        (true, format!("the new weights earn more by {figures}"))
    } else {
        (false, format!("that the new weights earn more is not sure: by {figures}"))
    }
}

/// The scale of Gumbel noise whose standard deviation is `deviation`: with it, a softmax of expected rewards
/// is the probability of each to turn out the largest (McFadden 1974).
fn gumbel_scale(deviation: f64) -> f64 {
    (deviation * 6.0_f64.sqrt() / std::f64::consts::PI).max(1e-3)
}

fn by_route(outcomes: &[Outcome], reward: &Reward) -> ByRoute<RouteOutcomes> {
    ByRoute::new(|route| {
        let taken: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.route == route).collect();
        let count = taken.len().max(1) as f64;
        let solved = taken.iter().filter(|outcome| outcome.outcome == Ending::Solved).count();
        RouteOutcomes {
            rows: taken.len(),
            solved: solved as f64 / count,
            reward: taken.iter().map(|outcome| reward.of(outcome)).sum::<f64>() / count,
        }
    })
}

fn rows<'a>(
    outcomes: &'a [Outcome],
    options: &LearnOptions,
    routes: &ByRoute<RouteOutcomes>,
) -> Result<Vec<RewardRow<'a>>> {
    let invalid = |what: String| Err(Error::new(ErrorKind::DataInvalid, what));
    if outcomes.len() < LEAST_ROWS {
        return invalid(format!("{} outcomes; at least {LEAST_ROWS} are needed", outcomes.len()));
    }
    if routes.iter().filter(|(_, of)| of.rows > 0).count() < 2 {
        return invalid(
            "every ticket took the same route: what another one would have earned was never seen".to_owned(),
        );
    }
    let without = outcomes.iter().filter(|outcome| outcome.propensity.is_none()).count();
    if without > 0 {
        let earned = routes.iter().filter(|(_, of)| of.rows > 0).map(|(route, of)| {
            format!("{route} {:.3} a ticket, {:.0} % of {} solved", of.reward, 100.0 * of.solved, of.rows)
        });
        return invalid(format!(
            "{without} of {} outcomes have no propensity. They show what each route earned ({}), but not whether the routes or the tickets that were sent there made the \
             difference, and so not which weights are better: log the propensity of each decision, with exploration on",
            outcomes.len(),
            earned.collect::<Vec<_>>().join("; ")
        ));
    }
    let row = |(index, outcome): (usize, &'a Outcome)| {
        let Some(facts) = outcome.known() else {
            return Err(Error::new(
                ErrorKind::DataInvalid,
                format!("outcome {index}: the ticket was not read"),
            ));
        };
        let propensity = outcome.propensity.unwrap_or(1.0);
        Ok(RewardRow {
            facts,
            route: outcome.route,
            propensity,
            open: outcome.available.clone().unwrap_or_else(|| ROUTES.to_vec()),
            reward: options.reward.of(outcome),
            weight: (1.0 / propensity).min(MOST_WEIGHT),
        })
    };
    outcomes.iter().enumerate().map(row).collect()
}

/// The share of each route in the solved tickets, as if all routes had been taken equally often.
fn success_rates(outcomes: &[Outcome], rows: &[RewardRow<'_>]) -> ByRoute<f64> {
    let solved = ByRoute::new(|route| {
        let here = outcomes.iter().zip(rows).filter(|(outcome, _)| outcome.route == route);
        let (count, solved) = here.fold((0.0, 0.0), |(count, solved), (outcome, row)| {
            (count + row.weight, solved + if outcome.outcome == Ending::Solved { row.weight } else { 0.0 })
        });
        (solved + 1.0) / (count + 2.0)
    });
    let all: f64 = solved.iter().map(|(_, rate)| rate).sum();
    ByRoute::new(|route| solved.get(route) / all)
}

/// The rows of a fold.
fn normal(rows: &[RewardRow<'_>], fold: usize, rates: &ByRoute<f64>) -> Normal {
    let mut normal = Normal::new(WIDTH);
    let mut touched = Vec::new();
    for row in rows.iter().skip(fold).step_by(FOLDS) {
        entries(row.facts, row.route, rates, &mut touched);
        normal.add(&touched, row.reward, row.weight);
    }
    normal
}

/// All folds but one.
fn merged(folds: &[Normal], without: Option<usize>) -> Normal {
    let mut all = Normal::new(WIDTH);
    folds.iter().enumerate().filter(|(fold, _)| Some(*fold) != without).for_each(|(_, fold)| all.merge(fold));
    all
}

/// The penalty with the least error on rows that were left out, and the root of that error.
fn chosen(folds: &[Normal], priors: &[Prior]) -> (f64, f64) {
    let error = |penalty: f64| {
        let of_fold =
            |(fold, rows): (usize, &Normal)| rows.error(&merged(folds, Some(fold)).solve(priors, penalty));
        folds.iter().enumerate().map(of_fold).sum::<f64>() / folds.len() as f64
    };
    let errors = PENALTIES.map(|penalty| (penalty, error(penalty)));
    let (penalty, error) = errors.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((1.0, 1.0));
    (penalty, error.max(0.0).sqrt())
}

fn judged(row: &RewardRow<'_>, policy: &RoutePolicy, parameters: &[f64], rates: &ByRoute<f64>) -> Judged {
    let mut touched = Vec::new();
    let mut earns = |route: Route| {
        entries(row.facts, route, rates, &mut touched);
        expected(parameters, &touched)
    };
    let (mut ratio, mut sum) = (0.0, 0.0);
    for (route, probability) in probabilities(row.facts, policy, &row.open) {
        if probability > 0.0 {
            sum += probability * earns(route);
        }
        if route == row.route {
            ratio = probability / row.propensity;
        }
    }
    Judged { reward: row.reward, ratio, expected: sum, expected_of_taken: earns(row.route) }
}
