//! Options of reading tables, and their columns.

use clap::Args;
use frontdesk::table::{Customer, InputFormat, Reading, TicketColumns};

use super::named;

/// Options of reading tables, for what their names and contents leave open.
#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// The format, where the name does not have it: parquet, csv, jsonl (one object a line, or an array),
    /// arrow
    #[arg(long, value_name = "FORMAT", value_parser = named::<InputFormat>)]
    pub(crate) input_format: Option<InputFormat>,
    /// The delimiter between the fields of a CSV; default: a tab in .tsv, that of a first line sep=;, else
    /// the most frequent in the header among , ; tab |
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,
    /// The quote around a field that has the delimiter in it; default: "
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) quote: Option<char>,
    /// The encoding of a CSV or of JSON, such as windows-1252; default: that of a byte order
    /// mark, else UTF-8
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// Bytes that a packed Parquet or Arrow file may have when it is unpacked into a temporary file, and
    /// standard input of score; default: unpacked 256 MiB or 100 times its packed bytes, and 64 GiB in any
    /// case
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_unpacked: Option<u64>,
}

impl TableArgs {
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            format: self.input_format,
            delimiter: self.delimiter,
            quote: self.quote,
            encoding: self.encoding.clone(),
            max_unpacked: self.max_unpacked,
        }
    }
}

/// The columns that hold a ticket's fields.
#[derive(Debug, Args)]
pub(crate) struct ColumnArgs {
    /// The column that holds the text
    #[arg(long = "text-column", id = "text_column", value_name = "NAME")]
    text: Option<String>,
    /// The column that holds the subject
    #[arg(long = "subject-column", id = "subject_column", value_name = "NAME")]
    subject: Option<String>,
    /// The column that holds the body
    #[arg(long = "body-column", id = "body_column", value_name = "NAME")]
    body: Option<String>,
    /// The column that holds the id
    #[arg(long = "id-column", id = "id_column", value_name = "NAME")]
    id: Option<String>,
    /// The column that holds the urgency
    #[arg(long = "urgency-column", id = "urgency_column", value_name = "NAME")]
    urgency: Option<String>,
    /// The column that holds the customer's history as JSON
    #[arg(long = "history-column", id = "history_column", value_name = "NAME")]
    history: Option<String>,
    /// The column that holds a thread: a JSON list of messages
    #[arg(long = "messages-column", id = "messages_column", value_name = "NAME")]
    messages: Option<String>,
    /// The column that holds the customer's number, where the messages of a thread have an author_id
    #[arg(long = "requester-column", id = "requester_column", value_name = "NAME")]
    requester: Option<String>,
    /// The mark of the customer's messages of a thread, such as role=user or author.type=lead; all: each is
    /// the customer's; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    customer: Vec<Customer>,
    /// Guess no column by its name: only those that are named here
    #[arg(long)]
    only_named: bool,
}

impl ColumnArgs {
    pub(crate) fn columns(&self) -> TicketColumns {
        TicketColumns {
            text: self.text.clone(),
            subject: self.subject.clone(),
            body: self.body.clone(),
            id: self.id.clone(),
            urgency: self.urgency.clone(),
            customer_history: self.history.clone(),
            messages: self.messages.clone(),
            requester: self.requester.clone(),
            created: None,
            customer: self.customer.clone(),
            only_named: self.only_named,
        }
    }
}
