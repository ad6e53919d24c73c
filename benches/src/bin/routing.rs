//! A desk whose customers and rewards are known: what each way to route would cost it.
//!
//!     routing stream FILE [TICKETS [SEED]]
//!     routing run FILE [NAME=VALUE...]
//!
//! The former writes the tickets, one JSON line each, for this program and its peers. The latter prints the
//! regret of ours at every thousandth ticket, and how sure it was. How it learns: `tries`, the share that
//! is tried until something was learnt (0.2); `every`, the tickets after which it learns (500, later less
//! and less often); `afterwards`, the share that is tried from then on (0.5), at most; `by_gap`, how much
//! less is tried the more it would cost, times the root of the tickets seen (100; 0: tried alike); `rows`,
//! the least decisions that a log must be worth (as learning has it).
//!
//! A ticket has features, a customer and, for each route, what that route would earn on average and what it
//! would earn this time. A policy sees the features and what the route that it takes earned. Regret is the
//! average reward of the best route, which knows the customer, less that of the route taken.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};

use frontdesk::outcomes::{Ending, LearnOptions, LearnReport, Outcome, Reward, ValueEstimate, learn};
use frontdesk::route::{Exploration, RoutePolicy, Router};
use frontdesk::{ByRoute, Facts, Feature, ROUTES, Route, RouteContext};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Ticket {
    facts: Facts,
    /// What each route earns on average from this customer with this ticket.
    mean: ByRoute<f64>,
    /// What it would earn this time, -1 to 1.
    reward: ByRoute<f64>,
}

/// Kinds of messages: how often they come, and the features that they have with their usual values.
const KINDS: [(f64, &[(Feature, f64)]); 8] = [
    (0.22, &[(Feature::HowTo, 0.75), (Feature::Question, 0.85), (Feature::Complexity, -0.15)]),
    (
        0.14,
        &[(Feature::Visual, 0.7), (Feature::HowTo, 0.3), (Feature::Question, 0.4), (Feature::Revision, 0.3)],
    ),
    (
        0.16,
        &[
            (Feature::Fault, 0.7),
            (Feature::Technical, 0.8),
            (Feature::Frustration, 0.4),
            (Feature::Complexity, 0.2),
        ],
    ),
    (
        0.08,
        &[
            (Feature::Emergency, 0.8),
            (Feature::Urgent, 0.85),
            (Feature::ModelUrgency, 0.8),
            (Feature::TicketUrgency, 0.7),
        ],
    ),
    (0.10, &[(Feature::Money, 0.7), (Feature::Emotion, 0.5), (Feature::Anger, 0.5), (Feature::Mood, -0.6)]),
    (
        0.12,
        &[
            (Feature::Courtesy, 0.6),
            (Feature::General, 0.8),
            (Feature::Mood, 0.6),
            (Feature::ModelUrgency, -0.4),
        ],
    ),
    (0.10, &[(Feature::Approval, 0.85), (Feature::ModelUrgency, 0.1), (Feature::Mood, 0.2)]),
    (
        0.08,
        &[
            (Feature::Complexity, 0.55),
            (Feature::Technical, 0.6),
            (Feature::Fault, 0.6),
            (Feature::Repeat, 0.5),
        ],
    ),
];

/// What a unit of a feature earns on each route of this desk, in the order of the routes: not what the
/// default weights think. Its chatbot is good at faults and approvals, its live chat poor at anything visual,
/// its video calls solve what repeats.
const EARNS: [(Feature, [f64; 4]); 16] = [
    (Feature::HowTo, [0.35, 0.15, 0.10, 0.00]),
    (Feature::Visual, [-0.20, -0.35, 0.45, 0.20]),
    (Feature::Fault, [0.15, 0.00, 0.15, 0.05]),
    (Feature::Emergency, [-0.60, 0.10, -0.10, 0.30]),
    (Feature::Money, [-0.30, 0.35, 0.00, 0.25]),
    (Feature::Emotion, [-0.35, 0.25, 0.00, 0.15]),
    (Feature::Courtesy, [0.25, 0.15, 0.00, -0.05]),
    (Feature::Complexity, [-0.55, -0.20, 0.25, 0.45]),
    (Feature::TicketUrgency, [-0.30, 0.05, 0.00, 0.20]),
    (Feature::ModelUrgency, [-0.25, 0.05, 0.00, 0.20]),
    (Feature::Anger, [-0.30, 0.15, -0.05, 0.25]),
    (Feature::Frustration, [-0.25, 0.05, 0.10, 0.05]),
    (Feature::Approval, [0.40, 0.15, -0.10, -0.10]),
    (Feature::Technical, [-0.10, 0.05, 0.35, 0.15]),
    (Feature::General, [0.20, 0.20, -0.10, -0.10]),
    (Feature::Repeat, [-0.45, -0.05, 0.10, 0.40]),
];

const COST: ByRoute<f64> = ByRoute { ai_chatbot: 0.0, live_chat: 0.12, co_browse: 0.18, video_call: 0.30 };

/// How far customers differ in what works for them, and how far one time is from another: standard
/// deviations.
const CUSTOMERS: f64 = 0.15;
const TIMES: f64 = 0.35;

fn normal(random: &mut StdRng) -> f64 {
    let (a, b): (f64, f64) = (random.random_range(f64::MIN_POSITIVE..1.0), random.random());
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn ticket(random: &mut StdRng) -> Ticket {
    let mut kind = random.random::<f64>();
    let usual = KINDS.iter().find(|(share, _)| {
        kind -= share;
        kind < 0.0
    });
    let usual = usual.unwrap_or(&KINDS[0]).1;
    let mut facts = Facts { words: random.random_range(4..90), ..Facts::default() };
    for &feature in Feature::ALL {
        let range = feature.range();
        let value = match usual.iter().find(|(of, _)| *of == feature) {
            Some((_, value)) => value + 0.2 * normal(random),
            None if random.random_bool(0.15) => 0.3 * normal(random),
            None => continue,
        };
        let value = value.clamp(*range.start(), *range.end());
        if value != 0.0 {
            facts.features.insert(feature, value);
        }
    }
    let customer = ByRoute::new(|_| CUSTOMERS * normal(random));
    let before = random.random_range(0..9) * usize::from(random.random_bool(0.6));
    facts.issues = before;
    for _ in 0..before {
        let likes: Vec<f64> = ROUTES.iter().map(|&route| (6.0 * customer.get(route)).exp()).collect();
        let mut at = random.random::<f64>() * likes.iter().sum::<f64>();
        let place = likes.iter().position(|like| {
            at -= like;
            at < 0.0
        });
        *facts.solved.get_mut(ROUTES[place.unwrap_or(0)]) += 1;
    }
    if random.random_bool(0.2) {
        facts.preferred = ROUTES.iter().copied().max_by(|a, b| customer.get(*a).total_cmp(customer.get(*b)));
    }
    let mean = ByRoute::new(|route| earns(&facts, route) + customer.get(route));
    let reward = ByRoute::new(|route| (mean.get(route) + TIMES * normal(random)).clamp(-1.0, 1.0));
    Ticket { facts, mean, reward }
}

/// On average over the customers. Two pairs of features are more than their sum, which no linear model knows.
fn earns(facts: &Facts, route: Route) -> f64 {
    let value = |feature| facts.feature(feature);
    let sum: f64 = EARNS.iter().map(|(feature, earns)| value(*feature) * earns[route as usize]).sum();
    let together = match route {
        Route::AiChatbot => -0.3 * value(Feature::HowTo) * value(Feature::Frustration),
        Route::VideoCall => 0.4 * value(Feature::Fault) * value(Feature::Complexity).max(0.0),
        _ => 0.0,
    };
    0.1 + sum + together - COST.get(route)
}

/// The outcome of a route that was taken: the reward is told as satisfaction, 1 to 5.
fn outcome(ticket: &Ticket, route: Route, propensity: f64) -> Outcome {
    Outcome {
        record: None,
        facts: Some(ticket.facts.clone()),
        ticket: None,
        route,
        propensity: Some(propensity),
        available: None,
        outcome: Ending::Solved,
        satisfaction: Some(3.0 + 2.0 * ticket.reward.get(route)),
        duration: None,
    }
}

/// A way to route that may learn from what it sees.
struct Desk {
    name: &'static str,
    router: Router,
    policy: RoutePolicy,
    /// How it learns, and whether it goes on trying and learning once it has learnt something.
    learns: Option<(Learning, bool)>,
    seen: Vec<Outcome>,
    /// What each route would have earned on the tickets that were seen.
    rewards: Vec<ByRoute<f64>>,
    regret: f64,
}

/// How a desk that learns goes about it.
#[derive(Clone, Copy)]
struct Learning {
    tries: f64,
    every: usize,
    afterwards: f64,
    by_gap: Option<f64>,
    rows: f64,
}

impl Learning {
    fn read(settings: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let rows = LearnOptions::default().effective_rows;
        let mut learning = Self { tries: 0.2, every: 500, afterwards: 0.5, by_gap: Some(100.0), rows };
        for setting in settings {
            let (name, value) = setting.split_once('=').ok_or("a setting is NAME=VALUE")?;
            match name {
                "tries" => learning.tries = value.parse()?,
                "every" => learning.every = value.parse::<usize>()?.max(1),
                "afterwards" => learning.afterwards = value.parse()?,
                "by_gap" => learning.by_gap = Some(value.parse()?).filter(|by_gap| *by_gap > 0.0),
                "rows" => learning.rows = value.parse()?,
                _ => return Err(format!("there is no setting `{name}`").into()),
            }
        }
        Ok(learning)
    }

    fn first(&self) -> Exploration {
        exploration(self.tries, None)
    }

    /// What is known already needs less trying.
    fn later(&self, seen: usize) -> Exploration {
        exploration(self.afterwards, self.by_gap.map(|by_gap| by_gap * (seen as f64).sqrt()))
    }
}

fn exploration(share: f64, by_gap: Option<f64>) -> Exploration {
    let floor = if by_gap.is_some() { 0.0 } else { share / 50.0 };
    Exploration { share, floor: ByRoute::new(|_| floor), ceiling: ByRoute::new(|_| 1.0), by_gap, seed: 17 }
}

impl Desk {
    fn new(name: &'static str, learns: Option<(Learning, bool)>) -> frontdesk::Result<Self> {
        let policy =
            RoutePolicy { exploration: learns.map(|(how, _)| how.first()), ..RoutePolicy::default() };
        let router = Router::new(policy.clone(), None, false)?;
        Ok(Self { name, router, policy, learns, seen: Vec::new(), rewards: Vec::new(), regret: 0.0 })
    }

    fn take(&mut self, number: usize, ticket: &Ticket) -> frontdesk::Result<(Route, f32)> {
        let id = number.to_string();
        let answer = self.router.route(&ticket.facts, &id, &RouteContext::default());
        let answer =
            answer.map_err(|_| frontdesk::Error::new(frontdesk::ErrorKind::Internal, "no route is left"))?;
        let best = ticket.mean.iter().map(|(_, mean)| *mean).fold(f64::NEG_INFINITY, f64::max);
        self.regret += best - ticket.mean.get(answer.recommended_route);
        if let Some((how, goes_on)) = self.learns {
            self.seen.push(outcome(ticket, answer.recommended_route, answer.propensity.unwrap_or(1.0)));
            self.rewards.push(ticket.reward);
            let count = self.seen.len();
            // Often at first, then less and less often.
            if count.is_multiple_of(how.every.max(count / 8 / how.every * how.every)) {
                self.learn(how, goes_on)?;
            }
        }
        Ok((answer.recommended_route, answer.confidence))
    }

    /// Prints what the log says that policies earn, and what they would have earned.
    fn judge(&self, learnt: &RoutePolicy, report: &LearnReport) -> frontdesk::Result<()> {
        let truth = |policy: &RoutePolicy| -> frontdesk::Result<f64> {
            let policy = RoutePolicy { exploration: None, ..policy.clone() };
            let router = Router::new(policy, None, false)?;
            let earned =
                self.seen.iter().zip(&self.rewards).enumerate().filter_map(|(number, (seen, rewards))| {
                    let answer = router
                        .route(seen.facts.as_ref()?, &number.to_string(), &RouteContext::default())
                        .ok()?;
                    Some(*rewards.get(answer.recommended_route))
                });
            Ok(earned.sum::<f64>() / self.seen.len() as f64)
        };
        let told = |e: &ValueEstimate| format!("{:.4} ({:.4} to {:.4})", e.value, e.low, e.high);
        for (which, policy, of) in [("old", &self.policy, &report.old), ("new", learnt, &report.new)] {
            eprintln!(
                "  {which}: truth {:.4}, IPS {}, SNIPS {}, doubly robust {}; worth {:.0} rows",
                truth(policy)?,
                told(&of.ips),
                of.snips.as_ref().map_or_else(|| "none".to_owned(), told),
                told(&of.doubly_robust),
                of.effective_rows
            );
        }
        Ok(())
    }

    fn learn(&mut self, how: Learning, goes_on: bool) -> frontdesk::Result<()> {
        let reward = Reward { solved: 0.0, satisfaction: 1.0, cost: ByRoute::default(), ..Reward::default() };
        let options = LearnOptions { reward, effective_rows: how.rows };
        let (learnt, report) = learn(&self.seen, &self.policy, &options)?;
        eprintln!("{} after {}: {}", self.name, self.seen.len(), report.reason);
        self.judge(&learnt, &report)?;
        if report.accepted {
            let exploration = goes_on.then(|| how.later(self.seen.len()));
            (self.policy, self.learns) =
                (RoutePolicy { exploration, ..learnt }, self.learns.filter(|_| goes_on));
            self.router = Router::new(self.policy.clone(), None, false)?;
        }
        Ok(())
    }
}

fn run(path: &str, how: Learning) -> Result<(), Box<dyn std::error::Error>> {
    let mut desks = [
        Desk::new("default", None)?,
        Desk::new("learnt", Some((how, false)))?,
        Desk::new("learnt and trying", Some((how, true)))?,
    ];
    // Of the last, by tenths of its confidence: decisions, their confidence, and how often the route was this
    // ticket's best.
    let mut sure = [(0_usize, 0.0, 0.0); 10];
    println!("tickets,{}", desks.iter().map(|desk| desk.name).collect::<Vec<_>>().join(","));
    for (number, line) in BufReader::new(File::open(path)?).lines().enumerate() {
        let ticket: Ticket = serde_json::from_str(&line?)?;
        for desk in &mut desks {
            let (route, confidence) = desk.take(number, &ticket)?;
            if desk.name == "learnt and trying" && number >= 10_000 {
                let best =
                    ROUTES.iter().copied().all(|other| ticket.reward.get(other) <= ticket.reward.get(route));
                let bin = &mut sure[((confidence * 10.0) as usize).min(9)];
                *bin = (bin.0 + 1, bin.1 + f64::from(confidence), bin.2 + f64::from(u8::from(best)));
            }
        }
        if (number + 1) % 1_000 == 0 {
            let regrets = desks.iter().map(|desk| format!("{:.2}", desk.regret));
            println!("{},{}", number + 1, regrets.collect::<Vec<_>>().join(","));
        }
    }
    let all: usize = sure.iter().map(|bin| bin.0).sum();
    let error: f64 = sure.iter().map(|bin| (bin.1 - bin.2).abs()).sum::<f64>() / all.max(1) as f64;
    eprintln!("calibration error of the confidence, {all} decisions: {error:.4}");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["stream", path, rest @ ..] => {
            let number =
                |place: usize, default: u64| rest.get(place).map_or(Ok(default), |text| text.parse());
            let (count, mut random) = (number(0, 100_000)?, StdRng::seed_from_u64(number(1, 17)?));
            let mut file = BufWriter::new(File::create(path)?);
            for _ in 0..count {
                serde_json::to_writer(&mut file, &ticket(&mut random))?;
                file.write_all(b"\n")?;
            }
            Ok(file.flush()?)
        }
        ["run", path, settings @ ..] => run(path, Learning::read(settings)?),
        _ => Err("usage: routing stream FILE [TICKETS [SEED]] | routing run FILE [NAME=VALUE...]".into()),
    }
}
