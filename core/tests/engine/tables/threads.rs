//! Threads as helpdesks export them: the messages that the customer wrote.

use frontdesk::Error;
use frontdesk::table::{Customer, TicketColumns};
use serde_json::{Value, json};

use super::{fields, file, open, tickets};

fn read(rows: &[Value], columns: &TicketColumns) -> Result<Vec<String>, Error> {
    let dir = tempfile::tempdir().unwrap();
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let opened = open(&file(&dir, "a.jsonl", text), columns)?;
    assert!(fields(&opened).contains(&"messages"), "{:?}", opened.skipped());
    Ok(tickets(&opened).into_iter().map(|ticket| ticket.text.unwrap()).collect())
}

fn guessed(rows: &[Value]) -> Vec<String> {
    read(rows, &TicketColumns::default()).unwrap()
}

#[test]
fn zendesk_tells_by_the_authors_number_and_keeps_notes_apart() {
    let comment = |author: u64, public: bool, body: &str, at: &str| json!({ "type": "Comment", "author_id": author, "public": public, "body": body, "html_body": format!("<p>{body}</p>"), "created_at": at });
    // More digits than a double has.
    let (customer, agent) = (9_007_199_254_740_993, 9_007_199_254_740_992);
    let row = json!({ "id": 7, "requester_id": customer, "comments": [
        comment(customer, true, "It was fine at first.", "2026-03-01T10:00:00Z"),
        comment(agent, true, "How can we help?", "2026-03-01T11:00:00Z"),
        comment(agent, false, "She is furious.", "2026-03-01T12:00:00Z"),
        comment(customer, true, "Now it is broken.", "2026-03-01T14:00:00+02:00"),
    ] });
    assert_eq!(guessed(&[row]), ["Now it is broken.\nIt was fine at first."]);
    // As a table with a missing number has it; and a thread without a word of the customer.
    let floats =
        json!({ "requester_id": 7.0, "comments": [comment(7, true, "Mine.", "2026-03-01T10:00:00Z")] });
    assert_eq!(guessed(&[floats]), ["Mine."]);
    let others =
        json!({ "requester_id": 8, "comments": [comment(7, true, "Ours.", "2026-03-01T10:00:00Z")] });
    let error = read(&[others], &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("the thread has no message of the customer"), "{error}");
    // Without the requester the customer is unknown.
    let alone = json!({ "comments": [comment(customer, true, "Hello.", "2026-03-01T10:00:00Z")] });
    let error = read(std::slice::from_ref(&alone), &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("requester_id"), "{error}");
    let named = TicketColumns { messages: Some("comments".to_owned()), ..TicketColumns::default() };
    let error = read(&[alone], &named).unwrap_err();
    assert_eq!(error.field(), Some("customer"));
    assert!(error.message().contains("requester_id"), "{error}");
}

#[test]
fn freshdesk_tells_by_incoming() {
    let row = json!({ "conversations": [
        { "body": "<b>Where is it?</b>", "body_text": "Where is it?", "incoming": true, "private": false, "created_at": "2026-03-01T10:00:00Z" },
        { "body_text": "On its way.", "incoming": false, "private": false, "created_at": "2026-03-01T11:00:00Z" },
        { "body_text": "He calls every day.", "incoming": true, "private": true, "created_at": "2026-03-01T12:00:00Z" },
    ] });
    assert_eq!(guessed(&[row]), ["Where is it?"]);
}

#[test]
fn intercom_tells_by_the_authors_type_and_counts_seconds() {
    let part = |kind: &str, author: &str, body: Value, at: u64| json!({ "part_type": kind, "author": { "type": author, "id": "5" }, "body": body, "created_at": at });
    let parts = json!([
        part("comment", "user", json!("The second."), 1_772_400_000),
        part("assignment", "bot", Value::Null, 1_772_400_001),
        part("note", "user", json!("A note."), 1_772_400_002),
        part("comment", "admin", json!("An answer."), 1_772_400_003),
        part("comment", "lead", json!("The first."), 999_999_999),
    ]);
    let around = json!({ "type": "conversation_part.list", "conversation_parts": parts, "total_count": 5 });
    let expected = "The second.\nThe first.";
    assert_eq!(
        guessed(&[json!({ "conversation_parts": parts }), json!({ "conversation_parts": around })]),
        [expected, expected]
    );
}

#[test]
fn words_for_the_customer_and_for_the_desk_are_known() {
    for (name, customer, other) in [
        ("from", "visitor", "agent"),
        ("role", "user", "assistant"),
        ("author", "End-User", "Bot"),
        ("sender", "contact", "system"),
        ("author_type", "requester", "staff"),
    ] {
        let row =
            json!({ "messages": [{ name: customer, "text": "mine" }, { name: other, "text": "theirs" }] });
        assert_eq!(guessed(&[row]), ["mine"], "{name}");
    }
    let row = json!({ "messages": [{ "direction": "inbound", "text": "mine" }, { "direction": "outbound", "text": "theirs" }] });
    assert_eq!(guessed(&[row]), ["mine"]);
}

#[test]
fn where_nothing_says_who_wrote_it_the_column_is_not_read() {
    let row =
        json!({ "messages": [{ "text": "Hello." }, { "text": "How can we help?" }], "subject": "Blue" });
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.jsonl", format!("{row}\n"));
    // Another column has a text, or the file has none.
    let error = open(&path, &TicketColumns::default()).unwrap_err();
    assert!(error.message().contains("`messages` was left alone: nothing says who wrote it"), "{error}");
    let named = TicketColumns { messages: Some("messages".to_owned()), ..TicketColumns::default() };
    assert!(
        read(std::slice::from_ref(&row), &named).unwrap_err().message().contains("nothing says who wrote it")
    );
    let told = |mark: &str| TicketColumns { customer: vec![mark.parse().unwrap()], ..named.clone() };
    assert_eq!(read(&[row], &told("all")).unwrap(), ["How can we help?\nHello."]);
    // A name is no word for anybody, and neither is guessed.
    let names =
        json!({ "messages": [{ "from": "Ada", "text": "Hello." }, { "from": "Desk 4", "text": "Yes?" }] });
    let error = read(std::slice::from_ref(&names), &named).unwrap_err();
    assert!(error.message().contains("`from` is `ada`"), "{error}");
    assert_eq!(read(&[names], &told("from=ada")).unwrap(), ["Hello."]);
    let nested = json!({ "messages": [{ "by": { "kind": 3 }, "text": "Hello." }, { "by": { "kind": 4 }, "text": "Yes?" }] });
    assert_eq!(read(&[nested], &told("by.kind=3")).unwrap(), ["Hello."]);
    assert!("role".parse::<Customer>().is_err() && "=x".parse::<Customer>().is_err());
    // One row of many is that row's fault.
    let known = json!({ "messages": [{ "from": "customer", "text": "Hello." }] });
    let unknown = json!({ "messages": [{ "from": "customer", "text": "Hello." }, { "text": "Who?" }] });
    let error = read(&[known, unknown], &named).unwrap_err();
    assert!(error.message().contains("line 2: messages: message 2"), "{error}");
}
