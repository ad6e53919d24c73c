//! The engine's threads: a pool of its own, another one in a forked child, joined when the engine goes.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::backlog::closed;
use super::call::Call;
use super::scheduler::Scheduler;
use crate::error::guarded;
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::{Error, ErrorKind, Result, Shutdown};

/// The threads of one process with the work they do.
pub(crate) struct Runtime {
    process: u32,
    scheduler: Arc<Scheduler>,
    threads: usize,
    limit: usize,
    shutdown: Shutdown,
    workers: Mutex<Option<Workers>>,
    /// A forked child has none of its parent's threads: it opens its own, here.
    child: OnceLock<Box<Runtime>>,
}

struct Workers {
    pool: Arc<ThreadPool>,
    handles: Vec<JoinHandle<()>>,
}

impl Runtime {
    /// Starts the threads and loads what they serve on them.
    pub(crate) fn start(
        threads: usize,
        limit: usize,
        shutdown: Shutdown,
        load: impl FnOnce() -> Result<Arc<Pipeline>> + Send,
    ) -> Result<Self> {
        let workers = Workers::start(threads)?;
        let pipeline = workers.pool.install(|| guarded(load))?;
        let scheduler = Scheduler::new(pipeline, threads, limit);
        let workers = Mutex::new(Some(workers));
        let process = std::process::id();
        Ok(Self { process, scheduler, threads, limit, shutdown, workers, child: OnceLock::new() })
    }

    pub(crate) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.scheduler.pipeline
    }

    /// This process's own.
    fn here(&self) -> Result<&Self> {
        if self.process == std::process::id() {
            return Ok(self);
        }
        if let Some(child) = self.child.get() {
            return child.here();
        }
        // Whatever the parent's threads were at when it forked stays as it was then: locks held, calls
        // unanswered.
        let pipeline = Arc::clone(self.pipeline());
        let child = Self::start(self.threads, self.limit, self.shutdown, || Ok(pipeline))?;
        self.child.get_or_init(|| Box::new(child)).here()
    }

    fn workers(&self) -> MutexGuard<'_, Option<Workers>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self) -> Result<Arc<ThreadPool>> {
        self.workers().as_ref().map(|workers| Arc::clone(&workers.pool)).ok_or_else(closed)
    }

    /// Queues a call, and starts a thread on it where one is idle.
    pub(crate) fn submit(&self, call: &Arc<Call>) -> Result<()> {
        let here = self.here()?;
        let pool = here.pool()?;
        if here.scheduler.accept(call)? {
            let scheduler = Arc::clone(&here.scheduler);
            pool.spawn(move || work(&scheduler));
        }
        Ok(())
    }

    /// Runs `work` on the threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.here()?.pool()?.install(|| guarded(work))
    }

    pub(crate) fn metrics(&self) -> Result<Metrics> {
        let scheduler = &self.here()?.scheduler;
        Ok(scheduler.recorder.snapshot(scheduler.depth()))
    }

    /// Accepts nothing more, finishes or cancels what is queued, and joins the threads.
    pub(crate) fn close(&self, shutdown: Shutdown) {
        let Ok(here) = self.here() else { return };
        here.scheduler.close(shutdown);
        let Some(Workers { pool, handles }) = here.workers().take() else { return };
        // The pool's threads end when their work is done. Whoever closes an engine on one of them cannot wait
        // for it.
        drop(pool);
        let own = thread::current().id();
        if handles.iter().all(|handle| handle.thread().id() != own) {
            for handle in handles {
                // A thread that panicked has ended, which is all that is asked.
                let _ = handle.join();
            }
        }
    }
}

fn work(scheduler: &Arc<Scheduler>) {
    let engage = || {
        let scheduler = Arc::clone(scheduler);
        rayon::spawn(move || work(&scheduler));
    };
    // What can panic here is a caller's own code: a waker.
    let worked = guarded(|| {
        scheduler.work(&engage);
        Ok(())
    });
    if worked.is_err() {
        scheduler.lost_thread();
    }
}

impl Workers {
    fn start(threads: usize) -> Result<Self> {
        let mut handles = Vec::with_capacity(threads);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("frontdesk-{index}"))
            .spawn_handler(|worker| {
                let builder = thread::Builder::new().name(worker.name().unwrap_or_default().to_owned());
                handles.push(builder.spawn(|| worker.run())?);
                Ok(())
            })
            .build()
            .map_err(|e| Error::new(ErrorKind::Internal, format!("starting threads: {e}")).with_source(e))?;
        Ok(Self { pool: Arc::new(pool), handles })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            self.close(self.shutdown);
        } else {
            // The parent's threads are not in this process: nothing of them may be touched.
            let workers = self.workers.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(workers.take());
        }
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("threads", &self.threads).finish_non_exhaustive()
    }
}
