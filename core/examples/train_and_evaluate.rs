//! A head of your own labels on the bundled model's frozen trunk: trained, evaluated, used.
//!
//! ```sh
//! cargo run --release -p frontdesk --example train_and_evaluate
//! ```
//!
//! A dozen rows in a few epochs show the way and no more: a head that is worth having wants many more rows of
//! each label, and is evaluated on rows that neither trained it nor chose its epoch.

use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::table::labelled;
use frontdesk::train::{TrainOptions, train};
use frontdesk::{Engine, EngineOptions, ModelSource, Ticket};

/// Texts to train on, with the team that takes each.
const TRAIN: [(&str, &str); 12] = [
    ("My parcel is lost", "shipping"),
    ("The courier left the box with a neighbor", "shipping"),
    ("When will the brochures be delivered?", "shipping"),
    ("The package came a day late", "shipping"),
    ("Please send the flyers to our new address", "shipping"),
    ("The tracking number does not work", "shipping"),
    ("I was charged twice for one order", "billing"),
    ("Please send the invoice once more", "billing"),
    ("Can we pay by bank transfer?", "billing"),
    ("The discount is missing from my bill", "billing"),
    ("How do I change the credit card on file?", "billing"),
    ("The tax on the receipt is wrong", "billing"),
];

/// Texts that choose the epoch and the calibration.
const VALID: [(&str, &str); 4] = [
    ("The delivery of our posters never arrived", "shipping"),
    ("Has the courier picked the parcel up?", "shipping"),
    ("You charged our credit card too much", "billing"),
    ("There is a mistake in the invoice", "billing"),
];

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows = |pairs: &[(&str, &str)]| {
        labelled(pairs.iter().map(|(text, label)| (Some((*text).to_owned()), Some((*label).to_owned()))))
    };
    let (train_rows, valid_rows) = (rows(&TRAIN)?, rows(&VALID)?);

    let folder = tempfile::tempdir()?;
    let output = folder.path().join("teams");
    let mut options = TrainOptions::new(ModelSource::Default, "team", &output);
    // With so few rows an epoch is one step of the optimizer.
    (options.epochs, options.patience) = (Some(20), Some(20));
    let report = train(&train_rows, Some(&valid_rows), &options, &|_progress| Ok(()))?;
    let head = &report.heads[0];
    println!("{} of epoch {}: {:.2} on {} rows", head.metric, report.epoch, head.value, head.valid_rows);

    // The other heads are kept: the new one is one more output beside sentiment, category and route.
    let options = EngineOptions { model: output.as_path().into(), ..EngineOptions::default() };
    let engine = Engine::open(options)?;
    println!("outputs: {}", engine.info().outputs.join(", "));

    let options = EvaluateOptions { task: Some("team".to_owned()), ..EvaluateOptions::default() };
    let found = evaluate(&engine, &valid_rows, &options, &|_done| Ok(()))?;
    let accuracy = found.accuracy;
    println!("accuracy {:.2}, with 95 % from {:.2} to {:.2}", accuracy.value, accuracy.low, accuracy.high);

    let analysis = engine.analyze(&Ticket::new("The courier lost our posters"))?;
    let team = analysis.tasks.iter().find(|task| task.task == "team").ok_or("no answer of the new head")?;
    println!("team: {} ({:.2})", team.result.label, team.result.score);
    Ok(())
}
