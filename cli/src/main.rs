//! The `frontdesk` command: arguments in, the engine's answers out. Results go to stdout, everything else to
//! stderr.

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

use clap::{CommandFactory as _, Parser as _};
use frontdesk::Error;

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
            eprintln!("frontdesk: {}: {}{}", error.kind(), error.message(), flag(&error));
            ExitCode::FAILURE
        }
    }
}

/// The flag of the option that an error is about, where this command has one and the message does not name
/// it.
fn flag(error: &Error) -> String {
    let flag = error.field().map(|field| field.replace('_', "-")).unwrap_or_default();
    let command = std::env::args().nth(1).unwrap_or_default();
    let has = |command: &clap::Command| command.get_arguments().any(|arg| arg.get_long() == Some(&flag));
    let known = Cli::command().find_subcommand(command).is_some_and(has);
    if known && !error.message().contains(&format!("--{flag}")) {
        format!(" (--{flag})")
    } else {
        String::new()
    }
}
