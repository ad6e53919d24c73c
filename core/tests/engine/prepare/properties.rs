//! Properties that hold for every message.

use frontdesk::prepare::{Preparation, prepare};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "The lid is broken.",
    "Can you help me?",
    "ok",
    "FYI",
    "see below",
    "Hi team,",
    "Thanks",
    "Thanks,",
    "Best regards,",
    "Ada Berg",
    "ada",
    "Tel: 030 1234567",
    "www.x.example",
    "-- ",
    "--",
    "____________",
    "Sent from my iPhone",
    "> quoted",
    ">",
    ">> twice",
    ">>> three",
    "> -- ",
    "> On 3 Mar 2026, D <d@x.example> wrote:",
    "On Tue, 3 Mar 2026 at 10:02, D <d@x.example> wrote:",
    "On Tue, 3 Mar 2026, Desk",
    "<d@x.example> wrote:",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "> From: Ada",
    "From: Ada",
    "To: Bob",
    "Sent: Monday",
    "Subject: tap",
    "Cc: a@x.example,",
    "This e-mail and any attachments are confidential.",
    "It is intended solely for the addressee.",
    "CONFIDENTIALITY NOTICE: none",
    "Please consider the environment before printing.",
    "##- Please type your reply above this line -##",
    "```",
    "",
    "",
    " ",
    "\t",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<br>",
    "<br><br>",
    "<blockquote>",
    "</blockquote>",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<",
    ">",
    "&lt;",
    "&amp;",
    "&amp;lt;p&gt;",
    "&nbsp;",
    "<html>",
    "<pre>",
    "</pre>",
    "<b",
    "\"",
    "'",
    "<!doctype html>",
    "é",
    "…",
    "<td>",
    "Grüße",
];

fn built() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    let end = prop::sample::select(&["\n", "\n", "\n", "\r\n", "\r", "\n\n", " ", ""][..]);
    prop::collection::vec((piece, end), 0..30)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, end)| [piece, end]).collect())
}

fn any_preparation() -> impl Strategy<Value = Preparation> {
    any::<[bool; 5]>().prop_map(|[html, quotes, forwards, signatures, disclaimers]| Preparation {
        html,
        quotes,
        forwards,
        signatures,
        disclaimers,
    })
}

fn holds(message: &str, how: Preparation) -> Result<(), TestCaseError> {
    let once = prepare(message, &how);
    prop_assert_eq!(once.text.trim().is_empty(), message.trim().is_empty());
    prop_assert_eq!(once.removed.is_empty(), once.text == message);
    prop_assert!(once.removed.is_sorted() && once.removed.windows(2).all(|two| two[0] != two[1]));
    if once.removed.is_empty() {
        prop_assert!(matches!(once.text, std::borrow::Cow::Borrowed(_)));
    }
    let twice = prepare(&once.text, &how);
    prop_assert_eq!(&twice.text, &once.text);
    prop_assert!(twice.removed.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn preparing_twice_is_preparing_once(message in built(), how in any_preparation()) {
        holds(&message, Preparation::ALL)?;
        holds(&message, how)?;
    }

    #[test]
    fn any_string_is_read(message in any::<String>(), html in "(<[a-z!/-]{0,6}[ \"'=>]|[a-zé&;<>\"' -]|\r|\n){0,200}") {
        holds(&message, Preparation::ALL)?;
        holds(&html, Preparation::ALL)?;
        holds(&format!("<html><p>{html}"), Preparation::ALL)?;
        holds(&format!("<html><p>{message}"), Preparation::ALL)?;
    }
}

#[test]
fn hostile_messages_take_no_longer() {
    let parts = [
        "> \n",
        ">",
        "> a\nb\n",
        "-",
        "--\n",
        "-- \n",
        "---\n",
        "<",
        "<a ",
        "<a \"' ",
        "<!--",
        "<!",
        "<script>",
        "<p>",
        "<div>x",
        "<blockquote>x",
        "</blockquote>",
        "On ",
        "On 3 Mar 2026\n",
        "On 3 Mar 2026 a@b wrote:\n",
        "On 3 Mar 2026 a@b wrote:\n\n\n",
        "wrote:\n",
        "From: a\n",
        "From: a@b\nTo: b\n\n",
        "Subject: x\nTo: y,\n",
        "-----Original Message-----\n",
        "---------- Forwarded message ---------\n",
        "FYI\n",
        "Thanks\nA\n",
        "Regards\n\n",
        "\n",
        " \n",
        "\r",
        "\t",
        "this email is confidential ",
        "Disclaimer: x\n\n",
        "___\n\n",
        "&amp;",
        "&",
        ";",
        "é",
        "\u{a0}",
        "<br>",
        "<td> ",
        "<pre>\n",
        "'",
        "a.",
        "```\n",
        "=\n",
    ];
    for part in parts {
        let bytes = if matches!(part, "> \n" | "--\n" | "<" | "On ") { 800_000 } else { 160_000 };
        for start in ["", "x\n\n", "<html><body>x"] {
            let message = start.to_owned() + &part.repeat(bytes / part.len());
            // Work that grows with the square of a message would take hours here.
            let prepared = prepare(&message, &Preparation::ALL).text;
            assert!(prepared.len() <= message.len(), "{start:?} {part:?}");
        }
    }
}
