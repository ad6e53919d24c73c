//! The page for people, and the counts that it is made of.

use std::fs;

use frontdesk::archive::Archive;
use serde_json::{Value, json};

use super::{engine, options, score};

fn write(place: &std::path::Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = place.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn tickets_are_counted_by_the_month_in_which_they_came() {
    let place = tempfile::tempdir().unwrap();
    let text = "text,created_at\n\
        The export crashes,2026-01-05\n\
        How do I add a user?,2026-01-31T23:59:59Z\n\
        Thank you all,2026-02-28 08:15:00\n\
        The export crashes again,2026-03-01T00:30:00+02:00\n\
        The export crashes again,\n\
        Approved from my side,last week\n";
    let path = write(place.path(), "in.csv", text);
    let output = place.path().join("out");
    let mut all = options();
    all.outputs = Vec::new();
    // The fifth and sixth row have no time that can be read; that the first values do not all fit is why it
    // must be named.
    all.columns.created = Some("created_at".to_owned());
    let tally = score(&[&path], &output, &all).unwrap().tally;
    let counts: Vec<(&str, u64)> = tally
        .by_month
        .iter()
        .map(|(month, outputs)| (month.as_str(), outputs["category"].values().sum()))
        .collect();
    // By the clock that a time was written by.
    assert_eq!(counts, [("2026-01", 2), ("2026-02", 1), ("2026-03", 1), ("unknown", 2)]);
    for outputs in tally.by_month.values() {
        assert_eq!(outputs.keys().collect::<Vec<_>>(), ["category", "route", "sentiment"]);
    }
    let summary: Value = serde_json::from_slice(&fs::read(output.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["by_month"]["2026-03"]["category"], json!({ "technical": 1 }));
    let page = fs::read_to_string(output.join("summary.html")).unwrap();
    for told in ["By month", "By category", "2026-02", "unknown", "6 tickets", "technical"] {
        assert!(page.contains(told), "{told}");
    }
    // It opens without a network.
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

#[test]
fn what_users_wrote_is_no_markup_of_the_page() {
    let place = tempfile::tempdir().unwrap();
    let path = write(place.path(), "in<b>&'.csv", "text,team\nhello,<i>blue</i>\n");
    let mut chosen = options();
    chosen.filter = Some("team LIKE '<i>%'".to_owned());
    let output = place.path().join("out");
    score(&[&path], &output, &chosen).unwrap();
    let page = fs::read_to_string(output.join("summary.html")).unwrap();
    assert!(page.contains("in&lt;b&gt;&amp;") && page.contains("&lt;i&gt;%"), "{page}");
    assert!(!page.contains("<i>%") && !page.contains("in<b>"));
}

#[test]
fn a_guessed_column_that_an_input_lacks_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let first = write(place.path(), "a.csv", "id,text,created_at,urgency\nA,hello,2026-01-05,high\n");
    let second = write(place.path(), "b.csv", "id,text,urgency\nB,there,low\n");
    let names = [&first, &second].map(|path| path.display().to_string());
    let archive = Archive::open(engine(), &names, options(), &|_| Ok(())).unwrap();
    let taken: Vec<&str> = archive.columns().iter().map(|taken| taken.column.as_str()).collect();
    assert_eq!((taken.len(), taken.contains(&"created_at")), (3, false));
    let [alone] = archive.skipped() else { panic!("{:?}", archive.skipped()) };
    assert_eq!(alone.column, "created_at");
    assert!(alone.why.contains("b.csv does not have it"), "{}", alone.why);
    assert_eq!(score(&[&first, &second], &place.path().join("out"), &options()).unwrap().tally.scored, 2);
    // A ticket cannot do without a text that an input lacks, nor without a column that was named.
    let third = write(place.path(), "c.csv", "id,message\nC,where\n");
    assert!(score(&[&first, &third], &place.path().join("lacks"), &options()).is_err());
    let mut named = options();
    named.columns.created = Some("created_at".to_owned());
    let error = score(&[&first, &second], &place.path().join("named"), &named).unwrap_err();
    assert!(error.message().contains("no column `created_at`"), "{error}");
}
