//! Files of tickets and labels, good and broken.

use std::fs;
use std::path::PathBuf;

use frontdesk::data::{TicketColumns, TicketFile, lines, read_labelled, read_tickets};
use frontdesk::{Error, ErrorKind, Route, Urgency};

fn file(dir: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn labelled(name: &str, bytes: impl AsRef<[u8]>) -> Result<Vec<(u64, String, String)>, Error> {
    let dir = tempfile::tempdir().unwrap();
    let rows = read_labelled(&file(&dir, name, bytes), "text", "label")?;
    Ok(rows.into_iter().map(|row| (row.line, row.text, row.label)).collect())
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
        ("a.csv", b"text,text\nfine,x\n", &["`text` stands twice"]),
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
    let missing = read_labelled(std::path::Path::new("/does/not/exist.csv"), "text", "label").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Io);
}

#[test]
fn ticket_columns_are_taken_by_name_only_where_their_values_fit() {
    let dir = tempfile::tempdir().unwrap();
    let columns = TicketColumns::default();
    let path = file(&dir, "a.csv", "id,text,urgency,note\n1,hello,High,x\n2,bye,,y\n");
    let TicketFile { tickets, mapping, .. } = read_tickets(&path, &columns).unwrap();
    assert_eq!(tickets[0].urgency, Some(Urgency::High));
    assert_eq!((tickets[1].urgency, tickets[1].id.as_deref()), (None, Some("2")));
    assert_eq!(mapping.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["text", "id", "urgency"]);

    let path = file(&dir, "b.csv", "text,urgency\nhello,7 of 10\n");
    let TicketFile { tickets, mapping, .. } = read_tickets(&path, &columns).unwrap();
    assert!(tickets[0].urgency.is_none() && mapping.len() == 1, "values that do not fit are left alone");
    let named = TicketColumns { urgency: Some("urgency".into()), ..TicketColumns::default() };
    let error = read_tickets(&path, &named).unwrap_err();
    assert!(
        error.message().contains("line 2") && error.message().contains("low, medium, high, critical"),
        "{error}"
    );

    let path = file(&dir, "c.csv", "message,betreff\nhello,hi\n");
    let error = read_tickets(&path, &columns).unwrap_err();
    assert!(error.message().contains("message, betreff"), "{error}");
    let named = TicketColumns { body: Some("message".into()), subject: Some("betreff".into()), ..columns };
    assert_eq!(read_tickets(&path, &named).unwrap().tickets[0].message().unwrap(), "hi\nhello");
}

#[test]
fn json_tickets_have_history_in_either_spelling() {
    let dir = tempfile::tempdir().unwrap();
    let text = "{\"text\": \"a\", \"customerHistory\": {\"previousIssues\": [\"b\"], \"preferredChannel\": \"co-browse\"}}\n\
                {\"text\": \"a\", \"customer_history\": {\"previous_issues\": [\"b\"], \"preferred_channel\": \"co-browse\"}}\n";
    let tickets = read_tickets(&file(&dir, "a.jsonl", text), &TicketColumns::default()).unwrap().tickets;
    assert_eq!(tickets[0], tickets[1]);
    assert_eq!(tickets[0].customer_history.as_ref().unwrap().preferred_channel, Some(Route::CoBrowse));
    let mixed = "{\"text\": \"a\", \"urgency\": \"High\"}\n{\"subject\": \"b\", \"body\": \"c\"}\n{\"text\": \"d\", \"subject\": \"e\"}\n";
    let tickets = read_tickets(&file(&dir, "mixed.jsonl", mixed), &TicketColumns::default()).unwrap().tickets;
    let messages: Vec<_> = tickets.iter().map(|ticket| ticket.message().unwrap()).collect();
    assert_eq!(
        (messages, tickets[0].urgency),
        (vec!["a".into(), "b\nc".into(), "d".into()], Some(Urgency::High))
    );
    let wrong = "{\"text\": \"a\", \"customerHistory\": {\"preferredChannel\": \"pigeon\"}}\n";
    let error = read_tickets(&file(&dir, "b.jsonl", wrong), &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("line 1") && error.message().contains("pigeon"), "{error}");
}

#[test]
fn lines_are_tickets() {
    let file = lines(&b"one\n\n two \r\n"[..]).unwrap();
    let texts: Vec<_> = file.tickets.into_iter().map(|t| t.text.unwrap()).collect();
    assert_eq!((texts, file.lines), (vec!["one".to_owned(), " two ".to_owned()], vec![1, 3]));
    assert!(lines(&b"ok\n\xc3(\n"[..]).unwrap_err().message().contains("line 2"));
}
