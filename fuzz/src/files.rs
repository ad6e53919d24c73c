//! Tables in every format, conditions on their rows, and the texts in them.

use std::path::PathBuf;
use std::sync::LazyLock;

use frontdesk::Engine;
use frontdesk::archive::{Archive, ArchiveOptions};
use frontdesk::prepare::{self, Preparation};
use frontdesk::table::{LabelledFile, Reading, TicketColumns, TicketFile};

use crate::{model, refused_or};

/// The endings of the names by which tables are read; the first byte of an input chooses one.
pub(crate) const ENDINGS: [&str; 8] =
    ["csv", "jsonl", "json", "parquet", "arrow", "csv.gz", "csv.zst", "tsv"];

/// Reads a table as tickets and as labelled texts.
pub fn table(data: &[u8]) {
    let Some((&which, content)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(format!("table.{}", ENDINGS[usize::from(which) % ENDINGS.len()]));
    std::fs::write(&path, content).expect("a folder of our own");
    let reading = Reading::default();
    if let Some(file) = refused_or(TicketFile::open(&path, &TicketColumns::default(), &reading))
        && let Some(tickets) = refused_or(file.tickets())
    {
        let read = tickets.map_while(refused_or).count() as u64;
        assert!(read <= file.rows(), "{read} tickets of {} rows", file.rows());
    }
    refused_or(LabelledFile::open(&path, "text", "label", &reading));
}

/// A small engine and a table beside it, made once.
struct Small {
    engine: Engine,
    table: PathBuf,
    _folder: tempfile::TempDir,
}

static SMALL: LazyLock<Small> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    model::checkpoint(folder.path(), None);
    let table = folder.path().join("table.csv");
    let rows = "id,text,count,day\n1,\"proof, please\",3,2026-01-02\n2,press,,2026-11-30\n,broken,-4.5,x\n";
    std::fs::write(&table, rows).expect("a folder of our own");
    let engine = Engine::open(model::options(folder.path())).expect("the checkpoint as it is");
    Small { engine, table, _folder: folder }
});

/// Chooses the rows of an archive by a condition.
pub fn condition(data: &[u8]) {
    let Ok(condition) = std::str::from_utf8(data) else { return };
    let Small { engine, table, .. } = &*SMALL;
    let options =
        ArchiveOptions { filter: Some(condition.to_owned()), sample: Some(2), ..ArchiveOptions::default() };
    refused_or(Archive::open(engine, &[table.display().to_string()], options, &|_| Ok(())));
}

/// Removes signatures, quotes and the like from a text.
pub fn prepare(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let prepared = prepare::prepare(&text, &Preparation::ALL);
    let length = prepared.text.len();
    assert!(length <= text.len().saturating_mul(4) + 64, "{length} bytes of {}", text.len());
}
