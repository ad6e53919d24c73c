//! Files and folders that are taken away if a signal ends the process before they are whole.

use std::io;
use std::path::Path;

/// What `make` makes is removed by SIGINT, SIGTERM, SIGHUP and SIGQUIT, which end the process as they do
/// otherwise. Once it is moved to its place there is nothing left to remove.
#[cfg(unix)]
pub(crate) fn made<T>(make: impl FnOnce() -> io::Result<T>, path: impl Fn(&T) -> &Path) -> io::Result<T> {
    use std::path::PathBuf;
    use std::sync::{Mutex, PoisonError};

    static PATHS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    // A signal that comes meanwhile waits until it is known what was made.
    let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    if paths.is_empty() {
        on_a_signal(|| {
            for path in PATHS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                // It may be in its place already, and nobody is left to read of a failure.
                let _ =
                    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            }
        })?;
    }
    let made = make()?;
    paths.push(path(&made).to_owned());
    Ok(made)
}

#[cfg(unix)]
fn on_a_signal(clear: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let hangup = (!frontdesk_server::outlives_its_terminal()).then_some(SIGHUP);
    let asked = [SIGINT, SIGTERM, SIGQUIT].into_iter().chain(hangup);
    let mut signals = signal_hook::iterator::Signals::new(asked)?;
    std::thread::spawn(move || {
        for signal in &mut signals {
            clear();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn made<T>(make: impl FnOnce() -> io::Result<T>, _path: impl Fn(&T) -> &Path) -> io::Result<T> {
    make()
}
