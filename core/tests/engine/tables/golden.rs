//! Files that pandas, polars and pyarrow wrote (`core/tests/golden/make_tables.py`), and dialects of
//! spreadsheets.

use std::fs;
use std::path::Path;

use frontdesk::table::{Reading, TicketColumns, read_labelled};
use serde_json::Value;

use super::{open, tickets};

#[test]
fn every_file_has_the_same_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tables");
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let rows = expected["rows"].as_array().unwrap();
    let files = expected["files"].as_object().unwrap();
    assert!(files.len() >= 25 && rows.len() >= 6);
    for (name, about) in files {
        let path = folder.join(name);
        let reading =
            Reading { encoding: about["encoding"].as_str().map(str::to_owned), ..Reading::default() };
        // A CSV cannot tell an empty text from a missing one, and cp1252 has fewer characters.
        let text = if about["encoding"].is_string() { "western" } else { "text" };
        let found = read_labelled(&path, "text", "label", &reading).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(found.notices.is_empty(), "{name}: {:?}", found.notices);
        let read: Vec<_> = found.rows.iter().map(|row| (row.text.as_str(), row.label.as_str())).collect();
        let expected: Vec<_> =
            rows.iter().map(|row| (row[text].as_str().unwrap(), row["label"].as_str().unwrap())).collect();
        assert_eq!(read, expected, "{name}");
        let lines: Vec<u64> = found.rows.iter().map(|row| row.place.number()).collect();
        let told: Vec<u64> =
            about["lines"].as_array().unwrap().iter().map(|line| line.as_u64().unwrap()).collect();
        assert_eq!(lines, told, "{name}");
        if reading.encoding.is_some() {
            continue;
        }
        let columns = TicketColumns { id: Some("number".to_owned()), ..TicketColumns::default() };
        let opened = open(&path, &columns).unwrap_or_else(|e| panic!("{name}: {e}"));
        let numbers: Vec<_> = tickets(&opened).into_iter().map(|ticket| ticket.id.unwrap()).collect();
        let expected: Vec<_> = rows.iter().map(|row| row["number"].as_str().unwrap()).collect();
        assert_eq!(numbers, expected, "{name}");
        if let Some(created) = about["created"].as_str() {
            let columns = TicketColumns { id: Some("created_at".to_owned()), ..TicketColumns::default() };
            let first = &tickets(&open(&path, &columns).unwrap())[0];
            assert_eq!(first.id.as_deref(), Some(created), "{name}");
        }
    }
}
