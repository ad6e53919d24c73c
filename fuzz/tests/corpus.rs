//! Each target over its corpus and over changed copies of it. `FUZZ_RUNS` sets how many.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use frontdesk_fuzz::{Mutator, TARGETS, Target, seeds};

/// More than any input may take; what hangs is told by it.
const LONGEST: Duration = Duration::from_mins(1);

#[test]
fn no_input_panics_hangs_or_is_a_fault_of_ours() {
    let runs: usize = std::env::var("FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(150);
    for Target { name, run, words } in TARGETS {
        let corpus = seeds(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        let mut mutator = Mutator::new(20_261_130, corpus.clone(), words);
        let changed = (0..runs).map(move |_| mutator.input());
        for (at, input) in corpus.into_iter().chain(changed).enumerate() {
            let (done, ended) = mpsc::channel();
            let given = input.clone();
            let worker = thread::spawn(move || {
                run(&given);
                let _ = done.send(());
            });
            let kept = || {
                let path = std::env::temp_dir().join(format!("frontdesk-fuzz-{name}-{at}"));
                std::fs::write(&path, &input).map_or_else(|e| e.to_string(), |()| path.display().to_string())
            };
            match ended.recv_timeout(LONGEST) {
                Ok(()) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("{name}: input {at} hangs; it is in {}", kept())
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    panic!("{name}: input {at} panics; it is in {}: {:?}", kept(), worker.join().err())
                }
            }
        }
    }
}
