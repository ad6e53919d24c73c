//! JSON as programs write it: a line or an array, with values that JSON does not have in fields that are not
//! read.

use frontdesk::table::TicketColumns;
use frontdesk::{Error, ErrorKind, Ticket};

use super::{file, labelled, open, tickets};

fn read(name: &str, text: &str) -> Result<Vec<Ticket>, Error> {
    let dir = tempfile::tempdir().unwrap();
    open(&file(&dir, name, text), &TicketColumns::default()).map(|file| tickets(&file))
}

#[test]
fn an_array_is_read_as_lines_are() {
    let array =
        "[\n  {\"text\": \"a\",\n   \"label\": \"x\"}\n  ,{\"label\": 7, \"text\": \"b ] } \\\" \"}]\n";
    let expected = vec![(2, "a".to_owned(), "x".to_owned()), (4, "b ] } \" ".to_owned(), "7".to_owned())];
    for name in ["a.json", "a.jsonl", "a.ndjson"] {
        assert_eq!(labelled(name, array).unwrap(), expected);
        assert_eq!(labelled(name, array.replace('\n', "\r\n")).unwrap(), expected);
    }
    for empty in ["[]", " [\n] ", "", "\n\n"] {
        assert!(labelled("a.json", empty).unwrap_err().message().contains("there is no row"), "{empty:?}");
        assert!(read("a.json", empty).unwrap_err().message().contains("has no row"), "{empty:?}");
    }
    assert_eq!(labelled("a.json", "{\"text\": \"one\", \"label\": \"x\"}\n").unwrap().len(), 1);
    for (text, told) in [
        ("[{\"text\": \"a\", \"label\": \"x\"}", "line 1: the JSON array ends too early"),
        ("[{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\"}]", "line 2: `,` or `]`"),
        (
            "[{\"text\": \"a\", \"label\": \"x\"}]\n\n7",
            "line 3: something stands behind the end of the JSON array",
        ),
        (
            "[{\"text\": \"a\", \"label\": \"x\"},\n7]",
            "line 2: broken JSON at byte 0 of the row: not a JSON object",
        ),
        ("[{\"text\": \"a\", \"label\": \"x\"},\n]", "line 2"),
        ("[{\"text\": \"a\", \"label\": \"x\"},\n{\"text\": \"cut", "line 2: the JSON array ends too early"),
    ] {
        let error = labelled("a.json", text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid);
        assert!(error.message().contains(told), "{text}: {error}");
    }
}

#[test]
fn digits_are_kept() {
    let ids = ["20250301000000000000001", "9007199254740993", "-0.10", "1e3", "7"];
    let lines: String = ids.iter().map(|id| format!("{{\"id\": {id}, \"text\": \"a\"}}\n")).collect();
    let found: Vec<_> =
        read("a.jsonl", &lines).unwrap().into_iter().map(|ticket| ticket.id.unwrap()).collect();
    assert_eq!(found, ids);
}

#[test]
fn fields_that_nobody_reads_may_hold_anything() {
    let lines = [
        r#"{"text": "a", "label": "x", "score": NaN, "limit": -Infinity}"#,
        r#"{"path": "C:\dir\file", "text": "b", "label": "x"}"#,
        r#"{"deep": {"list": [NaN, {"a": "}]"}]}, "text": "c", "label": "x", "no": None}"#,
        "{\"bad\": \"\u{1}\", \"text\": \"d\", \"label\": \"x\"}",
        r#"{"text": "e", "text2": "x", "label": "x", "twice": 1, "twice": 2}"#,
    ];
    let rows = labelled("a.jsonl", lines.join("\n")).unwrap();
    assert_eq!(rows.iter().map(|(_, text, _)| text.as_str()).collect::<String>(), "abcde");
    assert_eq!(labelled("a.json", format!("[{}]", lines.join(",\n"))).unwrap().len(), 5);
    // The first row does not tell otherwise than the second.
    assert_eq!(read("a.jsonl", "{\"x\": NaN, \"text\": \"a\"}\n").unwrap().len(), 1);
}

#[test]
fn faults_name_their_own_line() {
    for (bad, told) in [
        (r#"{"text": NaN, "label": "x"}"#, "`text`: `NaN` is no value of JSON"),
        (r#"{"text": "a\d", "label": "x"}"#, "`text`: invalid escape"),
        (r#"{"text": "a", "text": "b", "label": "x"}"#, "`text` stands there twice"),
        (r#"{"text": "a", "label": ["x"]}"#, "`label` is a list or an object"),
        (r#"{"text": "a" "label": "x"}"#, "line 4: broken JSON at byte 13 of the row: `,` or `}`"),
        (r#"{"text": "a", "label": "x"} {"#, "something stands behind the object"),
        (r#"{"text": "a", "label": }"#, "a value is expected here"),
        (r#"{"text": "a", "label": "x""#, "the object does not end"),
        (r#"{"text": null, "label": "x"}"#, "`text` is missing"),
        (r#"{"text": 01, "label": "x"}"#, "`text`"),
        ("7", "not a JSON object"),
    ] {
        let text = format!(
            "\n{{\"text\": \"fine\", \"label\": \"x\"}}\n\n{bad}\n{{\"text\": \"last\", \"label\": \"x\"}}\n"
        );
        let error = labelled("a.jsonl", text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid, "{error}");
        assert!(
            error.message().contains("a.jsonl: line 4: ") && error.message().contains(told),
            "{bad}: {error}"
        );
        assert!(!error.message().contains("line 1"), "{error}");
    }
}

#[test]
fn a_row_of_many_names_takes_no_longer_than_it_is() {
    // With every name compared to every other, this would take minutes.
    let names: String = (0..200_000).map(|n| format!("\"k{n}\":{n},")).collect();
    assert_eq!(read("a.jsonl", &format!("{{{names}\"text\":\"a\"}}\n")).unwrap().len(), 1);
}

#[test]
fn a_name_twice_is_refused_by_every_reader() {
    let twice = "{\"text\": \"a\", \"id\": 1, \"text\": \"b\"}\n";
    assert!(read("a.jsonl", twice).unwrap_err().message().contains("`text` stands there twice"));
    let escaped = "{\"text\": \"a\", \"te\\u0078t\": \"b\"}\n";
    assert!(read("a.jsonl", escaped).unwrap_err().message().contains("`text` stands there twice"));
    let thread = "{\"messages\": [{\"from\": \"customer\", \"text\": \"a\", \"text\": \"b\"}]}\n";
    assert!(
        open(&file(&tempfile::tempdir().unwrap(), "t.jsonl", thread), &TicketColumns::default())
            .unwrap_err()
            .message()
            .contains("`text` stands there twice")
    );
    let history = "{\"text\": \"a\", \"customerHistory\": {}, \"customer_history\": {}}\n";
    assert!(
        read("a.jsonl", history).unwrap_err().message().contains("the customer history stands there twice")
    );
}

#[test]
fn a_column_that_no_row_has_is_told_with_those_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let path =
        file(&dir, "a.jsonl", "{\"message\": \"a\", \"prio\": 1}\n{\"message\": \"b\", \"team\": \"x\"}\n");
    let columns = TicketColumns { text: Some("texts".to_owned()), ..TicketColumns::default() };
    let error = open(&path, &columns).unwrap_err();
    assert!(error.message().contains("no column `texts`; there are: message, prio, team"), "{error}");
    // One that comes late is there.
    let late = "{\"message\": \"a\"}\n".repeat(1000) + "{\"message\": \"b\", \"remark\": \"late\"}\n";
    let path = file(&dir, "b.jsonl", late);
    let columns = TicketColumns { id: Some("remark".to_owned()), ..TicketColumns::default() };
    let found = tickets(&open(&path, &columns).unwrap());
    assert_eq!((found[0].id.as_deref(), found[1000].id.as_deref()), (None, Some("late")));
}
