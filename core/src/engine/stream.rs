//! Tickets without end: a bounded number of them under way, answers in their order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    Analysis, AnalyzeOptions, Engine, Error, ErrorKind, Pending, Result, Ticket, TicketRef, Tickets,
};

/// Tickets that a stream submits at once: few, so that a slow source gets answers soon. On two threads no
/// step and no window was faster than another (docs/performance.md).
pub const STREAM_STEP: usize = 64;

/// Steps of a stream that are under way at a time: with [`STREAM_STEP`] as many texts of 34 tokens as fill a
/// batch for each of sixteen threads.
pub const STREAM_WINDOW: usize = 8;

/// The longest time between two calls of `idle`.
const PAUSE: Duration = Duration::from_millis(50);

impl Engine {
    /// Analyzes tickets of any number, one item for each, in their order: the item of a ticket that cannot be
    /// analyzed is its error, and the stream continues with the others. An error of the engine itself is the
    /// last item.
    ///
    /// The source is read as answers are taken, at most [`STREAM_STEP`] times [`STREAM_WINDOW`] tickets ahead
    /// of them. Where other callers fill the queue, the stream waits for its turn. A deadline counts for each
    /// step from its submission. Dropping the stream cancels what is under way.
    pub fn stream<I>(&self, tickets: I, options: &AnalyzeOptions) -> Stream<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Into<Ticket>,
    {
        let steps = Steps::new(self, options.clone());
        Stream { steps, tickets: Some(tickets.into_iter()), answers: Vec::new().into_iter() }
    }
}

/// Answers on their way; made by [`Engine::stream`].
#[derive(Debug)]
#[must_use = "a stream that is not read does nothing"]
pub struct Stream<I> {
    steps: Steps<()>,
    /// `None` once it has ended.
    tickets: Option<I>,
    answers: std::vec::IntoIter<Result<Analysis>>,
}

impl<I: Iterator<Item: Into<Ticket>>> Iterator for Stream<I> {
    type Item = Result<Analysis>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(answer) = self.answers.next() {
                return Some(answer);
            }
            while let Some(tickets) = self.tickets.as_mut().filter(|_| self.steps.takes_more()) {
                let step: Vec<Ticket> = tickets.take(STREAM_STEP).map(Into::into).collect();
                if step.len() < STREAM_STEP {
                    self.tickets = None;
                }
                self.steps.push((), Arc::new(Unplaced(step)));
            }
            match self.steps.next(&mut || Ok(())) {
                Ok(None) => return None,
                Ok(Some(((), answers))) => self.answers = answers.into_iter(),
                Err(error) => {
                    (self.tickets, self.steps.under_way) = (None, VecDeque::new());
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Tickets whose errors are named by the caller.
pub(crate) struct Unplaced(pub(crate) Vec<Ticket>);

impl Tickets for Unplaced {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self.0.get(index)
    }

    fn place(&self, _: usize) -> Option<String> {
        None
    }
}

/// Steps of tickets under way, each with a value that its caller gets back with it.
#[derive(Debug)]
pub(crate) struct Steps<T> {
    engine: Engine,
    call: AnalyzeOptions,
    under_way: VecDeque<Step<T>>,
}

struct Step<T> {
    about: T,
    tickets: Arc<dyn Tickets>,
    /// `None` of no tickets.
    pending: Option<Pending<Vec<Analysis>>>,
}

impl<T> std::fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("tickets", &self.tickets.len()).finish_non_exhaustive()
    }
}

impl<T> Steps<T> {
    pub(crate) fn new(engine: &Engine, call: AnalyzeOptions) -> Self {
        Self { engine: engine.clone(), call, under_way: VecDeque::new() }
    }

    /// Whether fewer steps are under way than may be.
    pub(crate) fn takes_more(&self) -> bool {
        self.under_way.len() < STREAM_WINDOW
    }

    /// Hands one more step over.
    pub(crate) fn push(&mut self, about: T, tickets: Arc<dyn Tickets>) {
        let pending = (!tickets.is_empty()).then(|| self.submit(&tickets));
        self.under_way.push_back(Step { about, tickets, pending });
    }

    /// Waits for the step that was handed over first; `None` where none is under way. `idle` is called some
    /// twenty times a second, and may stop the work with an error.
    ///
    /// # Errors
    /// Those of the engine; an error of one ticket is its answer.
    #[allow(clippy::type_complexity, reason = "what was handed over, and its answers")]
    pub(crate) fn next(
        &mut self,
        idle: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Option<(T, Vec<Result<Analysis>>)>> {
        let Some(Step { about, tickets, pending }) = self.under_way.pop_front() else { return Ok(None) };
        let answers = match pending {
            None => Vec::new(),
            Some(pending) => self.answers(&tickets, pending, idle)?,
        };
        Ok(Some((about, answers)))
    }

    fn submit(&self, tickets: &Arc<dyn Tickets>) -> Pending<Vec<Analysis>> {
        self.engine.submit_in_turn(Arc::clone(tickets), &self.call)
    }

    /// One bad ticket fails its call: the others are submitted once more without it.
    fn answers(
        &self,
        tickets: &Arc<dyn Tickets>,
        mut pending: Pending<Vec<Analysis>>,
        idle: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<Result<Analysis>>> {
        let mut answers: Vec<Option<Result<Analysis>>> = (0..tickets.len()).map(|_| None).collect();
        let mut open: Vec<usize> = (0..tickets.len()).collect();
        loop {
            match wait(pending, idle) {
                Ok(analyses) => {
                    for (place, analysis) in open.into_iter().zip(analyses) {
                        answers[place] = Some(Ok(analysis));
                    }
                    break;
                }
                Err(error) => {
                    let Some(index) = error.ticket().filter(|index| *index < open.len()) else {
                        if error.kind() == ErrorKind::Internal && open.len() > 1 {
                            self.one_by_one(tickets, &open, &mut answers, idle)?;
                            break;
                        }
                        return Err(error);
                    };
                    answers[open.remove(index)] = Some(Err(error));
                }
            }
            if open.is_empty() {
                break;
            }
            pending = self.submit(&Self::part(tickets, open.clone()));
        }
        let lost = || Err(Error::new(ErrorKind::Internal, "a ticket got no answer"));
        Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect())
    }

    /// A batch that failed as a whole: each ticket by itself, so that only the one that did it is lost.
    fn one_by_one(
        &self,
        tickets: &Arc<dyn Tickets>,
        open: &[usize],
        answers: &mut [Option<Result<Analysis>>],
        idle: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        for &place in open {
            let answer = wait(self.submit(&Self::part(tickets, vec![place])), idle);
            answers[place] = match answer {
                Ok(analyses) => analyses.into_iter().next().map(Ok),
                Err(error) if error.ticket().is_some() || error.kind() == ErrorKind::Internal => {
                    Some(Err(error))
                }
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn part(of: &Arc<dyn Tickets>, places: Vec<usize>) -> Arc<dyn Tickets> {
        Arc::new(Part { of: Arc::clone(of), places })
    }
}

fn wait<T>(mut pending: Pending<T>, idle: &mut dyn FnMut() -> Result<()>) -> Result<T> {
    loop {
        match pending.wait_for(PAUSE) {
            None => idle()?,
            Some(result) => return result,
        }
    }
}

/// Some of other tickets.
struct Part {
    of: Arc<dyn Tickets>,
    places: Vec<usize>,
}

impl Tickets for Part {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn get(&self, index: usize) -> Result<TicketRef<'_>> {
        self.of.get(self.places[index])
    }

    fn place(&self, index: usize) -> Option<String> {
        self.of.place(self.places[index])
    }
}
