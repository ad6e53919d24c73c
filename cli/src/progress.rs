//! Progress on stderr, for a person only.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts rows; invisible where stderr is not a terminal.
pub(crate) fn rows(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    let template = "{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
