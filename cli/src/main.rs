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
mod unfinished;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use frontdesk::Error;

use args::{Cli, Command};

/// Exit codes: 0 done, 1 failed, 2 wrong usage (clap's own).
fn main() -> ExitCode {
    let command = match Cli::from_arg_matches(&command().get_matches()) {
        Ok(cli) => cli.command,
        Err(error) => error.exit(),
    };
    let result = match command {
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
            let flag = flag(&error);
            output::say(format_args!("frontdesk: {}: {}{flag}", error.kind(), error.message().trim_end()));
            ExitCode::FAILURE
        }
    }
}

/// The flag of the option that an error is about, where this command has one and the message does not name
/// it.
fn flag(error: &Error) -> String {
    let flag = error.field().map(|field| field.replace('_', "-")).unwrap_or_default();
    let verb = std::env::args_os().nth(1).unwrap_or_default();
    let command = Cli::command();
    let flags = command.find_subcommand(verb).into_iter().flat_map(clap::Command::get_arguments);
    let flags: Vec<&str> = flags.filter_map(clap::Arg::get_long).collect();
    // A flag that may be given several times has the name of one of them.
    let named = [Some(flag.as_str()), flag.strip_suffix('s')].into_iter().flatten();
    match named.into_iter().find(|name| flags.contains(name)) {
        Some(long) if !error.message().contains(&format!("--{long}")) => format!(" (--{long})"),
        _ => String::new(),
    }
}

/// The command line. A number below 0 is a value, which is refused with the name of its flag, and no flag.
fn command() -> clap::Command {
    let value = |arg: clap::Arg| {
        let takes_values = arg.get_action().takes_values() && arg.get_long().is_some();
        if takes_values { arg.allow_negative_numbers(true) } else { arg }
    };
    Cli::command().mut_subcommands(|verb| verb.mut_args(value))
}
