//! What threads have taken out of the backlog: neither waiting nor done.

use std::sync::Arc;

use super::call::Call;

/// The number of a job, by which it is given back.
pub(crate) type JobNumber = u64;

/// The jobs that threads are at.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    last: JobNumber,
    tokenizing: Vec<Tokenizing>,
    passes: Vec<(JobNumber, u64)>,
}

/// A call that is out of the queue while a few of its tickets are tokenized.
#[derive(Debug)]
struct Tokenizing {
    job: JobNumber,
    call: Arc<Call>,
    /// Of all its tickets that were not tokenized when it was taken.
    work: u64,
    /// Its tickets that count as waiting.
    tickets: usize,
}

impl InFlight {
    fn number(&mut self) -> JobNumber {
        self.last += 1;
        self.last
    }

    /// A call was taken to be tokenized.
    pub(crate) fn tokenize(&mut self, call: &Arc<Call>, work: u64, tickets: usize) -> JobNumber {
        let job = self.number();
        self.tokenizing.push(Tokenizing { job, call: Arc::clone(call), work, tickets });
        job
    }

    /// Rows of so much work were taken for a pass.
    pub(crate) fn run(&mut self, work: u64) -> JobNumber {
        let job = self.number();
        self.passes.push((job, work));
        job
    }

    /// A job has ended; to say it twice does nothing.
    pub(crate) fn end(&mut self, job: JobNumber) {
        self.tokenizing.retain(|of| of.job != job);
        self.passes.retain(|(of, _)| *of != job);
    }

    /// Tickets that are being tokenized, and count as waiting.
    pub(crate) fn tickets(&self) -> usize {
        self.tokenizing.iter().map(|of| of.tickets).sum()
    }

    /// The calls that are being tokenized, with their work: it still waits for its passes.
    pub(crate) fn tokenizing(&self) -> impl Iterator<Item = (&Arc<Call>, u64)> {
        self.tokenizing.iter().map(|of| (&of.call, of.work))
    }

    /// The work of the passes that run.
    pub(crate) fn passes(&self) -> u64 {
        self.passes.iter().map(|(_, work)| work).sum()
    }
}
