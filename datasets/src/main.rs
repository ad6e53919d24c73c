//! `frontdesk-datasets`: checks, counts, splits and prepares the data.

use clap::{Args, Parser, Subcommand, ValueEnum};
use frontdesk_datasets::agreement::{Agreements, read_readings};
use frontdesk_datasets::check::check;
use frontdesk_datasets::outside::read_outside;
use frontdesk_datasets::prepare::{Options, Sources, prepare};
use frontdesk_datasets::public::CARDS;
use frontdesk_datasets::split::{SPLIT_SEED, SplitPlan};
use frontdesk_datasets::stats::Stats;
use frontdesk_datasets::tickets::{LabelledTicket, read_batches, read_held_out};
use frontdesk_datasets::{DataError, Result};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Frontdesk's labelled data: check it, count it, split it, write it out for training.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The folder of our own tickets [default: tickets/ of this package]
    #[arg(long, global = true, value_name = "DIR")]
    tickets: Option<PathBuf>,
    /// The folder of our own texts outside of a desk's domain [default: outside/ of this package]
    #[arg(long, global = true, value_name = "DIR")]
    outside: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the text,label files for `frontdesk train` and `frontdesk evaluate`
    Prepare(PrepareArgs),
    /// Count messages by label, domain and split
    Stats {
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Also write the table into this data card, between its markers
        #[arg(long, value_name = "FILE")]
        update: Option<PathBuf>,
    },
    /// Say how far second readers agree with the writers
    Agreement,
    /// Validate every batch and the rules of the whole set
    Check,
    /// Put the batches that split.json does not have yet into train, and write it
    Split {
        /// Draw the whole split anew: every figure on the test split is then void
        #[arg(long)]
        anew: bool,
        /// The seed of a new one; the committed split uses the default
        #[arg(long, default_value_t = SPLIT_SEED, requires = "anew")]
        seed: u64,
    },
    /// Write the public sets' cards as Markdown
    Cards {
        /// Where the cards go
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
}

#[derive(Args)]
struct PrepareArgs {
    /// The root of the public sets; without it only our own tickets are written
    #[arg(long, value_name = "DIR")]
    public: Option<PathBuf>,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Draws the samples (not the split, which is committed)
    #[arg(long, default_value_t = 17)]
    seed: u64,
    /// The most SST-2 phrases in sentiment/train.csv
    #[arg(long, default_value_t = 30_000)]
    sst2_cap: usize,
    /// The most GoEmotions rows of each class in sentiment/train.csv
    #[arg(long, default_value_t = 5_000)]
    goemotions_cap: usize,
    /// How often each of our own tickets stands in sentiment/train.csv
    #[arg(long, default_value_t = 4)]
    own_weight: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() -> ExitCode {
    let out = &mut std::io::stdout().lock();
    match run(Cli::parse(), out) {
        Ok(code) => code,
        // `| head` closing the pipe is not a failure of ours.
        Err(DataError::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The folder of our own tickets.
struct Home(PathBuf);

impl Home {
    fn tickets(&self) -> Result<Vec<LabelledTicket>> {
        read_batches(&self.0.join("batches"))
    }

    fn held_out(&self) -> Result<Vec<LabelledTicket>> {
        read_held_out(&self.0.join("held-out"))
    }

    fn split(&self) -> PathBuf {
        self.0.join("split.json")
    }

    fn plan(&self) -> Result<SplitPlan> {
        SplitPlan::read(&self.split())
    }
}

fn run(cli: Cli, out: &mut impl Write) -> Result<ExitCode> {
    let home = Home(cli.tickets.unwrap_or_else(|| default_folder("tickets")));
    let mut lines: Vec<String> = Vec::new();
    let mut code = ExitCode::SUCCESS;
    match cli.command {
        Command::Prepare(args) => {
            let PrepareArgs { public, output, seed, sst2_cap, goemotions_cap, own_weight } = args;
            let options = Options { public, output, seed, sst2_cap, goemotions_cap, own_weight };
            let outside = read_outside(&cli.outside.unwrap_or_else(|| default_folder("outside")))?;
            let (tickets, held_out, plan) = (home.tickets()?, home.held_out()?, home.plan()?);
            let sources = Sources { tickets: &tickets, held_out: &held_out, plan: &plan, outside: &outside };
            let report = prepare(&sources, &options)?;
            for (name, rows) in &report.files {
                lines.push(format!("{rows:>6}  {name}"));
            }
            lines.extend(report.notes);
        }
        Command::Stats { format, update } => {
            let stats = Stats::new(&home.tickets()?, &home.plan()?, &home.held_out()?)?;
            if let Some(card) = update {
                stats.update(&card)?;
            }
            lines.push(match format {
                Format::Table => stats.to_string(),
                Format::Json => serde_json::to_string_pretty(&stats).map_err(DataError::Serialize)?,
            });
        }
        Command::Agreement => {
            let (tickets, held_out) = (home.tickets()?, home.held_out()?);
            let mut readings = read_readings(&home.0.join("second-reading.jsonl"))?;
            if !held_out.is_empty() {
                readings.extend(read_readings(&home.0.join("held-out-second-reading.jsonl"))?);
            }
            lines.push(Agreements::new(&tickets, &home.plan()?, &held_out, &readings)?.to_string());
        }
        Command::Check => {
            let (tickets, held_out) = (home.tickets()?, home.held_out()?);
            let findings = check(&tickets, &held_out);
            lines.extend(findings.iter().map(ToString::to_string));
            let (all, kept) = (tickets.len(), held_out.len());
            lines.push(format!("{all} messages, {kept} held out, {} findings", findings.len()));
            if !findings.is_empty() {
                code = ExitCode::FAILURE;
            }
        }
        Command::Split { anew, seed } => {
            let (tickets, held_out) = (home.tickets()?, home.held_out()?);
            let plan = if anew || !home.split().exists() {
                SplitPlan::make(&tickets, &held_out, seed)?
            } else {
                home.plan()?.grow(&tickets, &held_out)?
            };
            plan.write(&home.split())?;
            for drop in &plan.dropped {
                lines.push(format!(
                    "{} dropped from {}: {:.3} like {} in {}",
                    drop.id, drop.split, drop.similarity, drop.near, drop.near_split
                ));
            }
            lines.push(format!("{} batches, {} messages dropped", plan.batches.len(), plan.dropped.len()));
        }
        Command::Cards { output } => {
            for card in CARDS {
                card.write(&output)?;
            }
            lines.push(format!("{} cards", CARDS.len()));
        }
    }
    let failed = |source| DataError::Io { path: "standard output".into(), source };
    writeln!(out, "{}", lines.join("\n").trim_end()).map_err(failed)?;
    Ok(code)
}

/// `cargo run` says where the package is; a bare binary is expected to run at the workspace's root.
fn default_folder(name: &str) -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "datasets".into(), PathBuf::from).join(name)
}
