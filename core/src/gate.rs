//! Places at which a test stops a run, to end it just there, however fast the machine is.

/// Where the environment has `FRONTDESK_GATE=PLACE:COUNT:FILE`, the thread that passes this place for the
/// COUNT-th time writes FILE and sleeps until the process is ended.
#[cfg(feature = "gates")]
pub(crate) fn gate(place: &str) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let Ok(setting) = std::env::var("FRONTDESK_GATE") else { return };
    let mut parts = setting.splitn(3, ':');
    let (wanted, count, file) = (parts.next(), parts.next(), parts.next());
    if wanted != Some(place) {
        return;
    }
    let passed = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if count.and_then(|count| count.parse().ok()) == Some(passed)
        && file.is_some_and(|f| std::fs::write(f, place).is_ok())
    {
        loop {
            std::thread::park();
        }
    }
}

/// In builds that are no test's, nothing.
#[cfg(not(feature = "gates"))]
pub(crate) fn gate(_: &str) {}
