//! Batches on disk: what is read, and how bad lines are reported.

mod common;

use common::{line, write};
use frontdesk_datasets::tickets::{read_batch, read_batches};

/// The message of the error that this second line causes.
fn failure(second: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut content = (line("b01-01", "Where is the loading bay?") + "\n").into_bytes();
    content.extend_from_slice(second.as_ref());
    let path = write(folder.path(), "b01.jsonl", content);
    let message = read_batch(&path).unwrap_err().to_string();
    assert!(message.contains("b01.jsonl:2: "), "names file and line: {message}");
    message
}

#[test]
fn batches_are_read_in_order_of_name() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "b02.jsonl", line("b02-01", "second"));
    write(folder.path(), "b01.jsonl", line("b01-01", "first") + "\n");
    write(folder.path(), "notes.txt", "not a batch");
    let tickets = read_batches(folder.path()).unwrap();
    let ids: Vec<_> = tickets.iter().map(|ticket| (ticket.batch(), ticket.text.as_str())).collect();
    assert_eq!(ids, [("b01", "first"), ("b02", "second")]);
}

#[test]
fn an_empty_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read_batches(folder.path()).unwrap_err().to_string().contains("no `*.jsonl` batch"));
}

#[test]
fn bad_json_names_file_and_line() {
    failure("{\"id\": ");
    failure("\n");
}

#[test]
fn field_names_are_checked() {
    let good = line("b01-02", "x");
    assert!(failure(good.replace("\"hard\":false,", "")).contains("missing field `hard`"));
    assert!(failure(good.replace("\"hard\"", "\"mood\":1,\"hard\"")).contains("unknown field `mood`"));
    assert!(failure(good.replace("\"hard\"", "\"id\":\"b01-03\",\"hard\"")).contains("duplicate field `id`"));
}

#[test]
fn field_values_are_checked() {
    let good = line("b01-02", "x");
    for (from, to, expected) in [
        ("\"question\"", "\"praise\"", "field `category`: unknown label `praise`"),
        ("\"neutral\"", "\"meh\"", "field `sentiment`: unknown label `meh`"),
        ("\"urgency\":3", "\"urgency\":11", "field `urgency`: expected 1 to 10, found 11"),
        ("\"urgency\":3", "\"urgency\":0", "field `urgency`: expected 1 to 10, found 0"),
        ("\"urgency\":3", "\"urgency\":2.5", "field `urgency`: expected 1 to 10, found 2.5"),
        ("false", "\"no\"", "field `hard`: expected true or false"),
        ("\"text\":\"x\"", "\"text\":\"  \"", "field `text`: is blank"),
        ("\"text\":\"x\"", "\"text\":7", "field `text`: expected a string, found 7"),
        ("\"print\"", "\"Print shop\"", "field `domain`: expected one lower-case word"),
        ("b01-02", "b09-02", "field `id`: `b09-02` does not begin with the file's name"),
    ] {
        assert!(good.contains(from), "{from}");
        let message = failure(good.replace(from, to));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_repeated_id_names_both_lines() {
    assert!(failure(line("b01-01", "again")).contains("`b01-01` already stands in line 1"));
}

#[test]
fn invalid_utf8_names_its_line() {
    assert!(failure(b"{\"id\": \"\xff\"}\n").contains("not valid UTF-8"));
}
