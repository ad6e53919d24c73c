//! The `frontdesk` command: arguments in, what the engine says out. Results go to stdout, everything else to stderr.

mod analyze;
mod args;
mod diff;
mod evaluate;
mod info;
mod outcomes;
mod output;
mod progress;
mod render;
mod route;
mod score;
mod serve;
mod train;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Exit codes: 0 done, 1 failed, 2 wrong usage (clap's own).
fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Route(args) => route::run(&args),
        Command::Train(args) if args.task.as_deref() == Some("route") => outcomes::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Info(args) => info::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("frontdesk: {}: {}", error.kind(), error.message());
            ExitCode::FAILURE
        }
    }
}
