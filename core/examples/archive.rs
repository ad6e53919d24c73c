//! An archive becomes a table: scored in parts, started again for nothing, and what cannot be read put aside.
//!
//! ```sh
//! cargo run --release -p frontdesk --features archive --example archive
//! ```

use std::fs;

use frontdesk::archive::{Archive, ArchiveOptions, OutputFormat};
use frontdesk::{Engine, EngineOptions};

/// The third row has a field too many.
const TICKETS: &str = "\
number,message,created_at
1,Need to approve this proof ASAP,2026-03-01
2,Thanks a lot!,2026-03-01
3,Where, is my proof?,2026-03-02
4,\"<p>The colors are wrong,<br>please fix them</p>\",2026-04-02
5,Thanks a lot!,2026-04-03
";

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join("tickets.csv"), folder.path().join("scored"));
    fs::write(&input, TICKETS)?;

    let engine = Engine::open(EngineOptions::default())?;
    let mut options = ArchiveOptions::default();
    options.columns.text = Some("message".to_owned());
    options.keep = vec!["number".to_owned()];
    options.outputs = vec!["category".to_owned()];
    options.format = OutputFormat::Jsonl;

    let inputs = [input.display().to_string()];
    let archive = Archive::open(&engine, &inputs, options, &|_progress| Ok(()))?;
    for taken in archive.columns() {
        let how = if taken.guessed { ", by its name" } else { "" };
        println!("`{}` holds `{}`{how}", taken.column, taken.field);
    }
    let report = archive.score(&output, &|_progress| Ok(()))?;
    let tally = &report.tally;
    println!("{} rows: {} scored, {} put aside", tally.rows, tally.scored, tally.quarantined);
    println!("categories: {:?}", tally.labels["category"]);
    println!("taken away: {:?}", tally.removed);
    print!("{}", fs::read_to_string(output.join("quarantine.jsonl"))?);
    print!("{}", fs::read_to_string(output.join("part-000000.jsonl"))?);

    // A run that is whole does nothing more; one that was cut off goes on after its last whole part.
    let again = archive.score(&output, &|_progress| Ok(()))?;
    if (tally.scored, tally.quarantined, again.scored_now) != (4, 1, 0) || again.tally != report.tally {
        return Err("the second run is not what the first one was".into());
    }
    Ok(())
}
