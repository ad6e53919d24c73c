//! Many callers at once: order, turns, a full queue, deadlines, callers that go away, engines that close.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use frontdesk::{
    Analysis, AnalyzeOptions, Engine, EngineOptions, ErrorKind, Result, Shutdown, Ticket, TicketRef, Tickets,
};
use proptest::prelude::*;

use crate::common;

/// An engine on a tiny model, whose batches take no time.
fn tiny(change: impl FnOnce(&mut EngineOptions)) -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let mut options = common::options(&common::checkpoint("bert-single-float32", dir.path()));
    change(&mut options);
    (dir, Engine::open(options).unwrap())
}

/// Tickets of a call that keeps a thread busy for longer than a test takes; who began it drops it.
const LONG: usize = 20_000;

/// An engine that is busy: the bundled model with one thread and a long call.
fn busy(change: impl FnOnce(&mut EngineOptions)) -> (Engine, frontdesk::Pending<Vec<Analysis>>) {
    let mut options = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    change(&mut options);
    let engine = Engine::open(options).unwrap();
    let text =
        "the proof shows the wrong blue and the press has been waiting for an answer since monday ".repeat(2);
    let long = engine.submit(vec![Ticket::new(text); LONG], &plain());
    while engine.metrics().unwrap().inference_seconds.count() == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    (engine, long)
}

fn plain() -> AnalyzeOptions {
    AnalyzeOptions::default()
}

fn within(time: Duration) -> AnalyzeOptions {
    let mut options = plain();
    options.timeout = Some(time);
    options
}

fn named(names: std::ops::Range<usize>) -> Vec<Ticket> {
    let ticket = |n: usize| Ticket { id: Some(n.to_string()), ..Ticket::new("proof ".repeat(n % 9)) };
    names.map(ticket).collect()
}

#[test]
fn concurrent_callers_share_batches_and_each_gets_its_own_answers_in_order() {
    let (_dir, engine) = tiny(|options| options.threads = Some(1));
    let barrier = Barrier::new(16);
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let (engine, barrier) = (engine.clone(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                for round in 0..20 {
                    let start = caller * 1000 + round * 7;
                    let analyses = engine.analyze_batch(named(start..start + 7), &plain()).unwrap();
                    let ids: Vec<_> = analyses.iter().map(|a| a.id.clone().unwrap()).collect();
                    assert_eq!(ids, (start..start + 7).map(|n| n.to_string()).collect::<Vec<_>>());
                    for analysis in &analyses {
                        let words = analysis.id.as_ref().unwrap().parse::<usize>().unwrap() % 9;
                        assert_eq!(analysis.usage.tokens, if words == 0 { 0 } else { words + 2 });
                    }
                }
            });
        }
    });
    let metrics = engine.metrics().unwrap();
    assert_eq!((metrics.calls, metrics.tickets, metrics.queue_depth), (320, 2240, 0));
    assert_eq!(metrics.queue_seconds.count(), 320);
    let read = metrics.batch_texts.sum as u64;
    assert_eq!(read, 2240 - empty_texts(), "each text is run once");
    assert!(metrics.batch_texts.count() < 320, "calls were not merged: {metrics:?}");
}

/// Numbers divisible by nine have empty texts.
fn empty_texts() -> u64 {
    let starts = (0..16).flat_map(|caller| (0..20).map(move |round| caller * 1000 + round * 7));
    starts.flat_map(|start: usize| start..start + 7).filter(|n| n % 9 == 0).count() as u64
}

#[test]
fn a_single_message_does_not_wait_for_a_long_call() {
    let (engine, mut long) = busy(|_| {});
    engine.analyze(&Ticket::new("Production is blocked!")).unwrap();
    assert!(long.wait_for(Duration::ZERO).is_none(), "the single message waited for the long call");
}

#[test]
fn a_full_queue_is_overloaded_and_a_caller_that_leaves_frees_its_place() {
    let (_dir, engine) = tiny(|options| (options.threads, options.queue) = (Some(1), Some(240)));
    let (_gated, open) = gated(&engine);
    let _filler = engine.submit(named(0..150), &plain());
    let fits: Vec<_> = (0..8).map(|n| engine.submit(named(n..n + 10), &plain())).collect();
    let refused = engine.submit(named(0..80), &plain()).wait().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
    assert!(refused.message().contains("240"), "{refused}");
    assert_eq!(engine.metrics().unwrap().overloaded, 1);
    drop(fits);
    let taken = engine.submit(named(0..80), &plain());
    // Who waits for a turn comes after those that are in the queue, and is not refused.
    let in_turn = engine.submit_in_turn(Arc::new(named(0..100)), &plain());
    let gone = engine.submit_in_turn(Arc::new(named(0..100)), &plain());
    let late = engine.submit_in_turn(Arc::new(named(0..100)), &within(Duration::ZERO));
    drop(gone);
    assert_eq!(engine.metrics().unwrap().queue_depth, 231);
    drop(open);
    assert_eq!((taken.wait().unwrap().len(), in_turn.wait().unwrap().len()), (80, 100));
    assert_eq!(late.wait().unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(engine.metrics().unwrap().overloaded, 1);
}

#[test]
fn an_idle_engine_takes_more_than_its_queue_holds() {
    let (_dir, engine) = tiny(|options| options.queue = Some(1));
    let analyses = engine.analyze_batch(named(0..3000), &plain()).unwrap();
    assert!(analyses.iter().zip(0..).all(|(a, n)| a.id == Some(n.to_string())));
}

#[test]
fn deadlines_pass_in_the_queue() {
    let (_dir, engine) = tiny(|options| options.threads = Some(1));
    let (mut long, open) = gated(&engine);
    let tickets = named(0..30);
    let late = engine.submit(tickets, &within(Duration::from_millis(30))).wait().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(long.wait_for(Duration::ZERO).is_none(), "the deadline was heard after the long call");
    drop(open);
    assert_eq!(long.wait().unwrap().len(), 1);
    assert_eq!(engine.metrics().unwrap().queue_depth, 0);
}

#[test]
fn calls_that_cannot_be_answered_in_time_are_refused_and_the_others_are_answered() {
    let engine = Engine::open(EngineOptions { threads: Some(1), ..EngineOptions::default() }).unwrap();
    let text = "the proof shows the wrong blue and the press has been waiting for an answer since monday ";
    let call = vec![Ticket::new(text.repeat(3)); 40];
    // The speed of this machine, as the engine has measured it, too.
    let start = std::time::Instant::now();
    engine.analyze_batch(&call, &plain()).unwrap();
    let deadline = start.elapsed() * 6;
    let calls: Vec<_> = (0..60).map(|_| engine.submit(call.clone(), &within(deadline))).collect();
    // A message by itself has its turn before the long ones.
    let single = engine.submit([Ticket::new("Production is blocked!")], &within(deadline));
    let kinds: Vec<_> =
        calls.into_iter().map(|call| call.wait().map_err(|e| (e.kind(), e.retry_after()))).collect();
    single.wait().unwrap();
    let answered = kinds.iter().filter(|result| result.is_ok()).count();
    assert!(answered >= 1, "none of the calls was finished: {kinds:?}");
    let refused = kinds.iter().filter(|result| matches!(result, Err((ErrorKind::Overloaded, Some(_)))));
    assert!(refused.count() >= 30, "{kinds:?}");
    // Of sixty calls six are done by the deadline: the last would be accepted when most others are done.
    let Some(Err((_, Some(after)))) = kinds.last() else { panic!("the last was not refused: {kinds:?}") };
    assert!(*after > Duration::ZERO, "{after:?}");
    // Whoever comes to an idle engine is accepted, whatever was measured.
    engine.analyze_batch(&call, &within(Duration::from_mins(10))).unwrap();
}

#[test]
fn calls_that_were_accepted_before_anything_was_measured_are_refused_later() {
    let open = || Engine::open(EngineOptions { threads: Some(1), ..EngineOptions::default() }).unwrap();
    let text = "the proof shows the wrong blue and the press has been waiting for an answer since monday ";
    let call: Arc<dyn Tickets> = Arc::new(vec![Ticket::new(text.repeat(3)); 100]);
    // The speed of this machine, which the engine itself does not know.
    let start = std::time::Instant::now();
    open().submit(Arc::clone(&call), &plain()).wait().unwrap();
    let deadline = start.elapsed() * 5;
    let engine = open();
    let submit = |in_turn: bool| {
        let options = within(deadline);
        if in_turn {
            engine.submit_in_turn(Arc::clone(&call), &options)
        } else {
            engine.submit(Arc::clone(&call), &options)
        }
    };
    let calls: Vec<_> = (0..39).map(|_| submit(false)).collect();
    // Who waits for a turn is never told that there is none.
    let patient: Vec<_> = (0..3).map(|_| submit(true)).collect();
    let kinds: Vec<_> = calls.into_iter().map(|call| call.wait().map_err(|e| e.kind())).collect();
    assert!(kinds.iter().any(|result| matches!(result, Err(ErrorKind::Overloaded))), "{kinds:?}");
    assert!(kinds[0].is_ok(), "what was begun was not finished: {kinds:?}");
    for call in patient {
        assert_ne!(call.wait().map_err(|e| e.kind()), Err(ErrorKind::Overloaded));
    }
}

#[test]
fn a_call_that_a_running_pass_keeps_from_its_deadline_is_refused_at_once() {
    let engine = Engine::open(EngineOptions { threads: Some(1), ..EngineOptions::default() }).unwrap();
    let text = "the proof shows the wrong blue and the press has been waiting for an answer since monday ";
    // Four texts of 240 tokens are one pass.
    let pass = vec![Ticket::new(text.repeat(14)); 4];
    let start = std::time::Instant::now();
    engine.analyze_batch(&pass, &plain()).unwrap();
    let time = start.elapsed();
    let mut running = engine.submit(pass, &plain());
    while engine.metrics().unwrap().queue_seconds.count() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(engine.metrics().unwrap().queue_depth, 0, "nothing waits");
    let short = [Ticket::new("Production is blocked!")];
    let refused = engine.submit(short.clone(), &within(time / 2)).wait().unwrap_err();
    assert!(running.wait_for(Duration::ZERO).is_none(), "it was told after the pass");
    assert_eq!(refused.kind(), ErrorKind::Overloaded, "{refused}");
    assert!(refused.retry_after().is_some_and(|after| after > Duration::ZERO), "{refused:?}");
    // One that has the time for it is not.
    engine.submit(short, &within(time * 20)).wait().unwrap();
    running.wait().unwrap();
}

#[test]
fn a_call_that_has_begun_and_cannot_end_in_time_is_told_before_its_deadline() {
    let engine = Engine::open(EngineOptions { threads: Some(1), ..EngineOptions::default() }).unwrap();
    let text = "the proof shows the wrong blue and the press has been waiting for an answer since monday ";
    let ticket = Ticket::new(text.repeat(3));
    // Enough that what was measured is trusted.
    engine.analyze_batch(vec![ticket.clone(); 120], &plain()).unwrap();
    let start = std::time::Instant::now();
    let deadline = Duration::from_secs(6);
    // An idle engine takes a call of any length, and begins at once.
    let told = engine.submit(vec![ticket; LONG], &within(deadline)).wait().unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Timeout, "{told}");
    assert!(start.elapsed() < deadline / 2, "{:?}", start.elapsed());
}

#[test]
fn an_engine_that_closes_finishes_or_cancels_and_joins_its_threads() {
    let (_dir, engine) = tiny(|_| {});
    let queued: Vec<_> = (0..50).map(|n| engine.submit(named(n..n + 40), &plain())).collect();
    engine.close(Shutdown::Finish);
    for pending in queued {
        assert_eq!(pending.wait().unwrap().len(), 40);
    }
    for tickets in [vec![Ticket::new("late")], Vec::new()] {
        let after = engine.analyze_batch(&tickets, &plain()).unwrap_err();
        assert_eq!((after.kind(), after.message()), (ErrorKind::InvalidInput, "the engine is closed"));
    }
    engine.close(Shutdown::Cancel);

    let (engine, long) = busy(|options| options.shutdown = Shutdown::Cancel);
    drop(engine);
    assert_eq!(long.wait().unwrap_err().kind(), ErrorKind::Cancelled);
}

/// A ticket that can be read once its gate is open, save for the first time: that is when it is checked.
struct Gated {
    checked: AtomicBool,
    gate: Mutex<mpsc::Receiver<()>>,
    reached: mpsc::Sender<()>,
}

impl Tickets for Gated {
    fn len(&self) -> usize {
        1
    }

    fn get(&self, _index: usize) -> Result<TicketRef<'_>> {
        if self.checked.swap(true, Ordering::Relaxed) {
            let _ = self.reached.send(());
            let _ = self.gate.lock().unwrap().recv();
        }
        Ok(TicketRef::new("proof"))
    }
}

/// Waits until the call's ticket is being tokenized, which ends when the sender is dropped.
fn gated(engine: &Engine) -> (frontdesk::Pending<Vec<Analysis>>, mpsc::Sender<()>) {
    let (open, gate) = mpsc::channel();
    let (reached, tokenizing) = mpsc::channel();
    let tickets = Gated { checked: AtomicBool::new(false), gate: Mutex::new(gate), reached };
    let pending = engine.submit(Arc::new(tickets), &plain());
    tokenizing.recv().unwrap();
    (pending, open)
}

#[test]
fn a_call_that_is_being_tokenized_is_cancelled_too() {
    let (_dir, engine) = tiny(|_| {});
    let (pending, open) = gated(&engine);
    std::thread::scope(|scope| {
        scope.spawn(|| engine.close(Shutdown::Cancel));
        while engine.submit(Vec::new(), &plain()).wait().is_ok() {
            std::thread::yield_now();
        }
        drop(open);
    });
    assert_eq!(pending.wait().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn engines_come_and_go_without_leaving_threads() {
    let (dir, engine) = tiny(|_| {});
    drop(engine);
    let model = dir.path().join("bert-single-float32");
    let mine = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks.count()
    };
    // Other tests run beside this one and have engines of their own, but not two hundred.
    let before = mine();
    for _ in 0..200 {
        let engine = common::open(&model).unwrap();
        engine.submit(named(0..3), &plain()).wait().unwrap();
    }
    assert!(mine() < before + 100, "{before} threads before, {} after", mine());
}

#[test]
fn a_pending_result_is_waited_for_in_slices() {
    let (_dir, engine) = tiny(|_| {});
    let (mut long, open) = gated(&engine);
    assert!(long.wait_for(Duration::from_millis(1)).is_none());
    drop(open);
    drop(engine);
    assert_eq!(long.wait_for(Duration::from_mins(10)).unwrap().unwrap().len(), 1);
}

/// Drops an engine where the scheduler's thread tells that the work is done.
struct DropOnWake(std::sync::Mutex<Option<Arc<Engine>>>, std::sync::mpsc::Sender<()>);
impl std::task::Wake for DropOnWake {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().unwrap().take());
        self.1.send(()).unwrap();
    }
}

#[test]
fn dropping_the_last_engine_on_its_own_thread_does_not_hang() {
    let (_dir, engine) = tiny(|_| {});
    let engine = Arc::new(engine);
    let (pending, open) = gated(&engine);
    let waker_engine = Arc::clone(&engine);
    let (done, woken) = std::sync::mpsc::channel();
    let waker = Arc::new(DropOnWake(Some(waker_engine).into(), done)).into();
    let mut pending = std::pin::pin!(pending);
    let polled = pending.as_mut().poll(&mut std::task::Context::from_waker(&waker));
    assert!(polled.is_pending());
    drop(engine);
    drop(open);
    woken.recv_timeout(Duration::from_mins(10)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]
    #[test]
    fn calls_of_any_size_come_back_whole(sizes in prop::collection::vec(0usize..700, 1..12), threads in 1usize..4) {
        let (_dir, engine) = tiny(|options| {
            options.threads = Some(threads);
            options.queue = Some(10_000);
        });
        let pending: Vec<_> = sizes.iter().map(|&n| engine.submit(named(0..n), &plain())).collect();
        for (pending, &size) in pending.into_iter().zip(&sizes) {
            let analyses = pending.wait().unwrap();
            let ids: Vec<_> = analyses.into_iter().map(|a| a.id.unwrap()).collect();
            prop_assert_eq!(ids, (0..size).map(|n| n.to_string()).collect::<Vec<_>>());
        }
        prop_assert_eq!(engine.metrics().unwrap().queue_depth, 0);
    }
}
