//! The speed of reading tables, without inference: `reading FILE...`, columns `id`, `text` and `label`.
//!
//! Prints, for each file and each reader that verbs have, millions of rows and of bytes a second: labelled
//! texts (train, evaluate), tickets (analyze; looked through once and then read), and archives (score: rows
//! under a condition that none fulfils, with the digest of the file).

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use frontdesk::archive::{Archive, ArchiveOptions};
use frontdesk::table::{Reading, TicketColumns, TicketFile, read_labelled};
use frontdesk::{Engine, EngineOptions};

/// Times each reader reads each file; the best is reported.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::open(EngineOptions::default())?;
    for file in std::env::args().skip(1) {
        let path = Path::new(&file);
        let bytes = std::fs::metadata(path)?.len();
        let rows = best(&file, "labelled", bytes, &|| {
            Ok(read_labelled(path, "text", "label", &Reading::default())?.rows.len())
        })?;
        let columns = TicketColumns {
            text: Some("text".to_owned()),
            id: Some("id".to_owned()),
            only_named: true,
            ..TicketColumns::default()
        };
        best(&file, "tickets, looked through", bytes, &|| {
            Ok(TicketFile::open(path, &columns, &Reading::default())?.rows() as usize)
        })?;
        best(&file, "archive", bytes, &|| {
            let mut options = ArchiveOptions::default();
            (options.columns, options.sample) = (columns.clone(), Some(1));
            options.filter = Some("id = 'none'".to_owned());
            Archive::open(&engine, std::slice::from_ref(&file), options, &|_| Ok(()))?;
            Ok(rows)
        })?;
    }
    Ok(())
}

fn best(
    file: &str,
    reader: &str,
    bytes: u64,
    read: &dyn Fn() -> Result<usize, Box<dyn Error>>,
) -> Result<usize, Box<dyn Error>> {
    let (mut rows, mut seconds) = (0, f64::INFINITY);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        rows = read()?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (millions, megabytes) = (rows as f64 / seconds / 1e6, bytes as f64 / seconds / 1e6);
    println!("{name:<16} {reader:<24} {seconds:7.3} s  {millions:6.2} million rows/s  {megabytes:7.1} MB/s");
    Ok(rows)
}
