//! Threads of messages, as helpdesks export them, and the messages in them that the customer wrote.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::record::Fault;
use crate::Error;
use crate::quote::quoted;

/// The mark of a customer's message, as text `NAME=VALUE` or `all`; another one is `invalid-input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Customer {
    /// A name and its value in a message, with dots between the names of nested objects.
    Where(String, String),
    /// Every message is the customer's.
    All,
}

impl FromStr for Customer {
    type Err = Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(Self::Where(name.trim().to_owned(), value.trim().to_owned()))
            }
            None if text == "all" => Ok(Self::All),
            _ => Err(Error::invalid(
                "customer",
                format!("{} is neither NAME=VALUE, such as role=user, nor all", quoted(text)),
            )),
        }
    }
}

impl TryFrom<String> for Customer {
    type Error = Error;

    fn try_from(text: String) -> crate::Result<Self> {
        text.parse()
    }
}

impl From<Customer> for String {
    fn from(customer: Customer) -> Self {
        match customer {
            Customer::Where(name, value) => format!("{name}={value}"),
            Customer::All => "all".to_owned(),
        }
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Customer,
    /// The desk, a program, or somebody who wrote for the desk alone.
    Other,
    /// Unknown; the reason why.
    Unknown(String),
}

/// Names of the text of a message, those of plain text first.
const TEXTS: [&str; 7] = ["text", "plain_body", "body_text", "body", "message", "content", "html_body"];

/// Names of a word for the writer: in themselves, or in an object by its type or role.
const WRITERS: [&str; 7] = ["from", "role", "author", "sender", "author_type", "sender_type", "user_type"];
const KINDS: [&str; 3] = ["type", "role", "kind"];

/// Names of the writer's number.
const NUMBERS: [&str; 3] = ["author_id", "sender_id", "from_id"];

const CUSTOMERS: [&str; 14] = [
    "customer",
    "user",
    "end-user",
    "end_user",
    "enduser",
    "requester",
    "client",
    "contact",
    "visitor",
    "lead",
    "guest",
    "buyer",
    "consumer",
    "subscriber",
];

const OTHERS: [&str; 20] = [
    "agent",
    "admin",
    "administrator",
    "staff",
    "support",
    "operator",
    "bot",
    "chatbot",
    "system",
    "assistant",
    "employee",
    "team",
    "teammate",
    "representative",
    "rep",
    "internal",
    "desk",
    "helpdesk",
    "automation",
    "tool",
];

/// Names of the time of a message.
const TIMES: [&str; 7] = ["at", "created_at", "createdAt", "time", "timestamp", "date", "sent_at"];

/// Names of a list of messages in an object around it.
const LISTS: [&str; 5] = ["conversation_parts", "comments", "messages", "conversations", "data"];

const NOBODY: &str = "nothing says who wrote it: known are `from`, `role`, `author` and `sender` (in themselves, or their `type`), `incoming`, `direction`, and `author_id` beside the ticket's requester; say what marks the customer's messages";

/// The names of an object, each of them once, and their values.
struct Message<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Message<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Message<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if values.contains_key(&name) {
                        return Err(A::Error::custom(format!("{} stands there twice", quoted(&name))));
                    }
                    values.insert(name, value);
                }
                Ok(Message(values))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// The texts of the customer's messages, the newest first: where the model reads no further, the oldest are
/// left out.
pub(super) fn customers(
    thread: &str,
    requester: Option<&str>,
    marks: &[Customer],
) -> Result<Vec<String>, Fault> {
    let messages = messages(thread)?;
    let mut theirs: Vec<(Option<Time>, String)> = Vec::new();
    for (number, message) in (1..).zip(&messages) {
        let Some(text) =
            TEXTS.iter().find_map(|name| text(message, name).filter(|text| !text.trim().is_empty()))
        else {
            continue;
        };
        match who(message, requester, marks) {
            Who::Customer => theirs.push((time(message), text)),
            Who::Other => {}
            Who::Unknown(why) => return Err(Fault::data(format!("messages: message {number}: {why}"))),
        }
    }
    // Where not every message has a time of the same kind, a thread is taken to begin with its oldest
    // message.
    let same = |kind: fn(&Time) -> bool| theirs.iter().all(|(time, _)| time.as_ref().is_some_and(kind));
    if same(|time| matches!(time, Time::Number(_)))
        || same(|time| matches!(time, Time::Instant(_)))
        || same(|time| matches!(time, Time::Text(_)))
    {
        theirs.sort_by(|(a, _), (b, _)| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    }
    Ok(theirs.into_iter().rev().map(|(_, text)| text).collect())
}

/// Whether some message of a thread names its writer; why not, where none does; `None` of what is no thread,
/// or has no messages.
pub(super) fn says_who(
    thread: &str,
    requester: Option<&str>,
    marks: &[Customer],
) -> Option<Result<(), String>> {
    let messages = messages(thread).ok()?;
    let mut why = None;
    for message in messages.iter().filter(|message| TEXTS.iter().any(|name| text(message, name).is_some())) {
        match who(message, requester, marks) {
            Who::Unknown(unknown) => {
                why.get_or_insert(Err(unknown));
            }
            Who::Customer | Who::Other => return Some(Ok(())),
        }
    }
    why
}

fn messages(thread: &str) -> Result<Vec<Message<'_>>, Fault> {
    // serde_json counts the lines of the thread.
    let invalid = |e: serde_json::Error| {
        let message = e.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
        Fault::data(format!("messages: {message}"))
    };
    if thread.trim_start().starts_with('{') {
        let around: Message<'_> = serde_json::from_str(thread).map_err(invalid)?;
        let list = LISTS.iter().find_map(|name| around.0.get(*name));
        let list = list.ok_or_else(|| Fault::data("messages: an object without a list of messages"))?;
        return serde_json::from_str(list.get()).map_err(invalid);
    }
    serde_json::from_str(thread).map_err(invalid)
}

fn who(message: &Message<'_>, requester: Option<&str>, marks: &[Customer]) -> Who {
    let is = |name: &str, value: bool| at(message, name) == Some(Value::Bool(value));
    let is_note = ["type", "part_type"].iter().any(|name| word(message, name).as_deref() == Some("note"));
    if is("public", false) || is("private", true) || is("internal", true) || is_note {
        return Who::Other;
    }
    let of = |customer: bool| if customer { Who::Customer } else { Who::Other };
    if !marks.is_empty() {
        let marked = |mark: &Customer| match mark {
            Customer::All => true,
            Customer::Where(name, value) => {
                word(message, name).is_some_and(|word| word == value.to_lowercase())
            }
        };
        return of(marks.iter().any(marked));
    }
    for name in ["incoming", "inbound"] {
        if let Some(Value::Bool(incoming)) = at(message, name) {
            return of(incoming);
        }
    }
    match word(message, "direction").as_deref() {
        Some("in" | "inbound" | "incoming") => return Who::Customer,
        Some("out" | "outbound" | "outgoing") => return Who::Other,
        _ => {}
    }
    let mut strange = None;
    for name in WRITERS {
        let nested = KINDS.iter().map(|kind| format!("{name}.{kind}"));
        for name in std::iter::once(name.to_owned()).chain(nested) {
            let Some(word) = word(message, &name) else { continue };
            if CUSTOMERS.contains(&word.as_str()) {
                return Who::Customer;
            }
            if OTHERS.contains(&word.as_str()) {
                return Who::Other;
            }
            strange.get_or_insert((name, word));
        }
    }
    if let Some(number) = NUMBERS.iter().find_map(|name| word(message, name)) {
        return match requester {
            // A table makes floats of numbers where one is missing.
            Some(requester) => of(number == requester.trim().trim_end_matches(".0").to_lowercase()),
            None => Who::Unknown(
                "its `author_id` says who wrote it, and no column says which of them is the customer: name the ticket's `requester_id`".to_owned(),
            ),
        };
    }
    Who::Unknown(match strange {
        Some((name, word)) => format!(
            "`{name}` is `{}`, which is no word for the customer or the desk that is known; say what marks the customer's messages",
            word.chars().take(40).collect::<String>()
        ),
        None => NOBODY.to_owned(),
    })
}

/// The value under a name, with dots between the names of nested objects.
fn at(message: &Message<'_>, name: &str) -> Option<Value> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let raw = message.0.get(first)?.get();
    match rest {
        None => serde_json::from_str(raw).ok(),
        Some(rest) => at(&serde_json::from_str(raw).ok()?, rest),
    }
}

/// A text, a number or a truth value under a name, in small letters; numbers with all their digits.
fn word(message: &Message<'_>, name: &str) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let raw = message.0.get(first)?.get();
    if let Some(rest) = rest {
        return word(&serde_json::from_str(raw).ok()?, rest);
    }
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw).ok().map(|text| text.trim().to_lowercase()),
        b'{' | b'[' | b'n' => None,
        _ => Some(raw.to_owned()),
    }
}

fn text(message: &Message<'_>, name: &str) -> Option<String> {
    serde_json::from_str(message.0.get(name)?.get()).ok()
}

/// When a message was written.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Time {
    /// Seconds or milliseconds since the epoch.
    Number(f64),
    /// A time with its offset.
    Instant(jiff::Timestamp),
    /// Text that sorts by time.
    Text(String),
}

fn time(message: &Message<'_>) -> Option<Time> {
    TIMES.iter().find_map(|name| match at(message, name)? {
        Value::Number(number) => number.as_f64().map(Time::Number),
        Value::String(text) => Some(text.trim().parse().map_or(Time::Text(text), Time::Instant)),
        _ => None,
    })
}
