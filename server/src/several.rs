//! A list of tickets that cannot be made to fill the memory: an element of three bytes becomes a ticket of
//! many more.

use std::fmt;

use frontdesk::{MAX_TICKETS, Ticket};
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Tickets, of which no more are kept than the engine takes in one call; all are counted.
#[derive(Debug)]
pub(crate) struct Several {
    pub(crate) kept: Vec<Ticket>,
    pub(crate) count: usize,
}

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Several;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of tickets")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Several, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MAX_TICKETS {
                    let Some(ticket) = list.next_element()? else {
                        return Ok(Several { count: kept.len(), kept });
                    };
                    kept.push(ticket);
                }
                let mut count = kept.len();
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Several { kept, count })
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::Several;
    use frontdesk::MAX_TICKETS;

    #[test]
    fn what_no_call_could_take_is_counted_and_not_kept() {
        let read = |count: usize| -> Several {
            frontdesk::from_json(format!("[{}]", vec!["\"\""; count].join(",")).as_bytes()).unwrap()
        };
        for count in [0, 1, MAX_TICKETS - 1, MAX_TICKETS, MAX_TICKETS + 1, MAX_TICKETS + 1000] {
            let Several { kept, count: counted } = read(count);
            assert_eq!((kept.len(), counted), (count.min(MAX_TICKETS), count));
        }
    }

    #[test]
    fn a_bad_ticket_is_named_by_its_place() {
        let error = frontdesk::from_json::<Several>(b"[\"a\", {\"text\": \"b\", \"mood\": 1}]").unwrap_err();
        assert!(error.message().starts_with("[1].mood:"), "{error}");
        assert_eq!(error.field(), Some("mood"));
        let error = frontdesk::from_json::<Several>(b"{}").unwrap_err();
        assert!(error.message().contains("a list of tickets"), "{error}");
    }
}
