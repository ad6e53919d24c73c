//! Files of tickets and labels, good and broken.

mod dialects;
mod golden;
mod json;
mod threads;
mod types;
mod written;

use std::fs;
use std::path::PathBuf;

use frontdesk::table::{Field, Reading, TicketColumns, TicketFile, lines, read_labelled};
use frontdesk::{Error, ErrorKind, Route, Ticket, Urgency};

fn file(dir: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn labelled(name: &str, bytes: impl AsRef<[u8]>) -> Result<Vec<(u64, String, String)>, Error> {
    let dir = tempfile::tempdir().unwrap();
    let rows = read_labelled(&file(&dir, name, bytes), "text", "label", &Reading::default())?.rows;
    Ok(rows.into_iter().map(|row| (row.place.number(), row.text, row.label)).collect())
}

fn open(path: &std::path::Path, columns: &TicketColumns) -> Result<TicketFile, Error> {
    TicketFile::open(path, columns, &Reading::default())
}

fn tickets(file: &TicketFile) -> Vec<Ticket> {
    file.tickets().unwrap().map(|ticket| ticket.unwrap().1).collect()
}

fn fields(file: &TicketFile) -> Vec<&str> {
    file.columns().iter().map(|taken| taken.field.name()).collect()
}

#[test]
fn csv_tsv_and_json_lines_give_the_same_rows() {
    let expected = vec![(2, "a, \"b\"".to_owned(), "x".to_owned()), (3, "c".to_owned(), "7".to_owned())];
    assert_eq!(labelled("a.csv", "\u{feff}text,label\n\"a, \"\"b\"\"\",x\nc,7\n").unwrap(), expected);
    assert_eq!(labelled("a.csv", "text,label\na 19\" rack,x").unwrap()[0].1, "a 19\" rack");
    assert_eq!(labelled("a.TSV", "label\ttext\nx\t\"a, \"\"b\"\"\"\n7\tc\n").unwrap(), expected);
    let json =
        "\n{\"text\": \"a, \\\"b\\\"\", \"label\": \"x\", \"other\": []}\n{\"label\": 7, \"text\": \"c\"}\n";
    assert_eq!(labelled("a.jsonl", json).unwrap(), expected);
}

#[test]
fn faults_name_the_line_and_what_is_wrong() {
    let cases: [(&str, &[u8], &[&str]); 12] = [
        ("a.csv", b"text,label\nfine,x\nbad \xff byte,y\n", &["line 3", "UTF-8"]),
        ("a.csv", b"text,label\nfine,x\nragged\n", &["line 3", "1 fields", "2"]),
        ("a.csv", b"text,mood\nfine,x\n", &["`label`", "text, mood"]),
        ("a.csv", b"text,text,label\nfine,x,y\n", &["`text` stands there more than once: columns 1, 2"]),
        ("a.csv", b"text,label\na,x\n\"never closed,x\nb,y\n", &["line 3", "quote"]),
        ("a.csv", b"text,label\na,x\nb,\"never closed\n", &["line 3", "quote"]),
        ("a.csv", b"text,label\na \"rack,x\nb,y,z", &["line 3", "3 fields"]),
        ("a.csv", b"text,label\na,x\n  ,y\n", &["line 3", "empty"]),
        ("a.csv", b"text,label\n", &["no row"]),
        ("a.jsonl", b"{\"text\": \"a\", \"label\": \"x\"}\n{broken\n", &["line 2"]),
        ("a.jsonl", b"{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"a\"}\n", &["line 2", "`label`"]),
        ("a.jsonl", b"{\"text\": [1], \"label\": \"x\"}\n", &["line 1", "`text`"]),
    ];
    for (name, bytes, parts) in cases {
        let error = labelled(name, bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        for part in parts {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }
    assert_eq!(labelled("a.xlsx", b"").unwrap_err().kind(), ErrorKind::InvalidInput);
    let missing =
        read_labelled(std::path::Path::new("/does/not/exist.csv"), "text", "label", &Reading::default())
            .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}

#[test]
fn ticket_columns_are_taken_by_name_only_where_their_values_fit() {
    let dir = tempfile::tempdir().unwrap();
    let columns = TicketColumns::default();
    let path = file(&dir, "a.csv", "id,text,urgency,note\n1,hello,High,x\n2,bye,,y\n");
    let opened = open(&path, &columns).unwrap();
    let found = tickets(&opened);
    assert_eq!(found[0].urgency, Some(Urgency::High));
    assert_eq!((found[1].urgency, found[1].id.as_deref()), (None, Some("2")));
    assert_eq!(fields(&opened), ["text", "id", "urgency"]);

    // The last of many values does not fit: all of them count.
    let rows = "hello,low\n".repeat(3000);
    let path = file(&dir, "b.csv", format!("text,urgency\n{rows}hello,7 of 10\n"));
    let opened = open(&path, &columns).unwrap();
    assert_eq!((fields(&opened), tickets(&opened)[0].urgency), (vec!["text"], None));
    let left = &opened.skipped()[0];
    assert!(left.column == "urgency" && left.why.contains("line 3002"), "{left:?}");
    let named = TicketColumns { urgency: Some("urgency".into()), ..TicketColumns::default() };
    let error = open(&path, &named).unwrap_err();
    assert!(
        error.message().contains("line 3002") && error.message().contains("low, medium, high, critical"),
        "{error}"
    );

    let path = file(&dir, "c.csv", "nachricht,betreff\nhello,hi\n");
    let error = open(&path, &columns).unwrap_err();
    assert!(error.message().contains("nachricht, betreff"), "{error}");
    assert_eq!(error.field(), Some("text_column"));
    let named = TicketColumns { body: Some("nachricht".into()), subject: Some("betreff".into()), ..columns };
    assert_eq!(tickets(&open(&path, &named).unwrap())[0].message().unwrap(), "hi\nhello");
}

#[test]
fn json_tickets_have_history_in_either_spelling() {
    let dir = tempfile::tempdir().unwrap();
    let text = "{\"text\": \"a\", \"customerHistory\": {\"previousIssues\": [\"b\"], \"preferredChannel\": \"co-browse\"}}\n\
                {\"text\": \"a\", \"customer_history\": {\"previous_issues\": [\"b\"], \"preferred_channel\": \"co-browse\"}}\n";
    let found = tickets(&open(&file(&dir, "a.jsonl", text), &TicketColumns::default()).unwrap());
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0].customer_history.as_ref().unwrap().preferred_channel, Some(Route::CoBrowse));
    let mixed = "{\"text\": \"a\", \"urgency\": \"High\"}\n{\"subject\": \"b\", \"body\": \"c\"}\n{\"text\": \"d\", \"subject\": \"e\"}\n";
    let found = tickets(&open(&file(&dir, "mixed.jsonl", mixed), &TicketColumns::default()).unwrap());
    let messages: Vec<_> = found.iter().map(|ticket| ticket.message().unwrap()).collect();
    assert_eq!(
        (messages, found[0].urgency),
        (vec!["a".into(), "b\nc".into(), "d".into()], Some(Urgency::High))
    );
    let wrong = "{\"text\": \"a\", \"customerHistory\": {\"preferredChannel\": \"pigeon\"}}\n";
    let error = open(&file(&dir, "b.jsonl", wrong), &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("line 1") && error.message().contains("pigeon"), "{error}");
}

#[test]
fn lines_are_tickets() {
    let read = |bytes: &'static [u8]| lines(bytes).collect::<Result<Vec<_>, Error>>();
    let found = read(b"\xef\xbb\xbfone\n\n two \r\n").unwrap();
    assert_eq!(
        found,
        [("line 1".to_owned(), Ticket::new("one")), ("line 3".to_owned(), Ticket::new(" two "))]
    );
    assert!(read(b"ok\n\xc3(\n").unwrap_err().message().contains("line 2"));
}

#[test]
fn the_document_has_the_guessed_names() {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tables.md")).unwrap();
    let rows: Vec<(String, Vec<&str>)> = document
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [field, flag, names] = cells[..] else { return None };
            let names = names.split(", ").map(|name| name.trim_matches('`')).collect();
            flag.starts_with("`--").then(|| (field.trim_matches('`').to_owned(), names))
        })
        .collect();
    let expected: Vec<_> =
        Field::ALL.iter().map(|field| (field.name().to_owned(), field.guessed_names().to_vec())).collect();
    assert_eq!(rows, expected);
}
