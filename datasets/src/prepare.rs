//! Writes the `text,label` files that `frontdesk train` and `frontdesk evaluate` take.

use crate::error::{DataError, Result};
use crate::files;
use crate::near::Keys;
use crate::public::{Row, goemotions, intents, polarity};
use crate::rng::Rng;
use crate::split::{Parts, SplitPlan};
use crate::tickets::{LabelledTicket, Sentiment};
use std::path::{Path, PathBuf};

/// Shorter film-review phrases are fragments nobody would send to a desk.
const MIN_PHRASE_WORDS: usize = 4;

/// Options: where the files go, and how much of each source goes into them.
#[derive(Debug, Clone)]
pub struct Options {
    /// The root of the public sets; without it only our own tickets are written.
    pub public: Option<PathBuf>,
    /// Where the files go.
    pub output: PathBuf,
    /// Draws the samples and the order of the sentiment training rows. It does not touch the split.
    pub seed: u64,
    /// The most SST-2 phrases in the sentiment training file.
    pub sst2_cap: usize,
    /// The most GoEmotions rows of each class in the sentiment training file.
    pub goemotions_cap: usize,
    /// How often each of our own tickets stands in the sentiment training file.
    pub own_weight: usize,
}

/// The files that were written, and notes on rows that were left out.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file under the output folder, and its rows.
    pub files: Vec<(String, usize)>,
    /// Things left out, and why.
    pub notes: Vec<String>,
}

/// Writes all files, or, if anything fails, none.
pub fn prepare(tickets: &[LabelledTicket], plan: &SplitPlan, options: &Options) -> Result<Report> {
    let parts = plan.parts(tickets)?;
    let mut out = Output::default();
    own_files(&mut out, &parts)?;
    let mut train = Vec::new();
    for _ in 0..options.own_weight {
        train.extend(labelled(&parts.train, |ticket| ticket.sentiment.to_string()));
    }
    if let Some(root) = &options.public {
        let public = public_files(&mut out, root)?;
        let evaluated = [&parts.dev, &parts.test].into_iter().flatten().map(|ticket| ticket.text.as_str());
        let held_out = Keys::new(evaluated.chain(public.held_out.iter().map(|row| row.text.as_str())));
        let mut rng = Rng::new(options.seed);
        let mut add = |mut rows: Vec<Row>, cap: usize, name: &str| {
            let before = rows.len();
            rows.retain(|row| !held_out.contains(&row.text));
            let removed = before - rows.len();
            out.report
                .notes
                .push(format!("{removed} {name} rows left out: they stand in an evaluation file"));
            rng.shuffle(&mut rows);
            rows.truncate(cap);
            train.extend(rows);
        };
        add(public.phrases, options.sst2_cap, "sst2");
        for (sentiment, rows) in public.comments {
            add(rows, options.goemotions_cap, &format!("goemotions {sentiment}"));
        }
    }
    // Mixed here, because not every trainer shuffles.
    Rng::new(options.seed).shuffle(&mut train);
    out.add("sentiment/train.csv", &train)?;
    files::write_all(&options.output, &out.contents)?;
    Ok(out.report)
}

#[derive(Default)]
struct Output {
    contents: Vec<(String, String)>,
    report: Report,
}

impl Output {
    fn add(&mut self, name: &str, rows: &[Row]) -> Result<()> {
        let failed = |source| DataError::Csv { name: name.to_owned(), source };
        let mut bytes = Vec::new();
        {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            writer.write_record(["text", "label"]).map_err(failed)?;
            for row in rows {
                writer.write_record([&row.text, &row.label]).map_err(failed)?;
            }
            writer.flush().map_err(|error| failed(error.into()))?;
        }
        self.contents.push((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
        self.report.files.push((name.to_owned(), rows.len()));
        Ok(())
    }
}

fn labelled(tickets: &[&LabelledTicket], label: impl Fn(&LabelledTicket) -> String) -> Vec<Row> {
    tickets.iter().map(|ticket| Row { text: ticket.text.clone(), label: label(ticket) }).collect()
}

fn own_files(out: &mut Output, parts: &Parts<'_>) -> Result<()> {
    let category = |ticket: &LabelledTicket| ticket.category.to_string();
    let urgency = |ticket: &LabelledTicket| ticket.urgency.to_string();
    let sentiment = |ticket: &LabelledTicket| ticket.sentiment.to_string();
    let hard: Vec<&LabelledTicket> = parts.test.iter().copied().filter(|ticket| ticket.hard).collect();
    for (name, tickets) in [("train", &parts.train), ("dev", &parts.dev), ("test", &parts.test)] {
        out.add(&format!("category/{name}.csv"), &labelled(tickets, category))?;
        out.add(&format!("urgency/{name}.csv"), &labelled(tickets, urgency))?;
        if name != "train" {
            out.add(&format!("sentiment/{name}.csv"), &labelled(tickets, sentiment))?;
        }
    }
    out.add("category/test-hard.csv", &labelled(&hard, category))
}

/// The rows of the public sets that the sentiment training file needs.
struct PublicSentiment {
    phrases: Vec<Row>,
    comments: Vec<(Sentiment, Vec<Row>)>,
    /// Every row that sentiment is evaluated on.
    held_out: Vec<Row>,
}

fn public_files(out: &mut Output, root: &Path) -> Result<PublicSentiment> {
    let banking = intents::banking77(root)?;
    out.add("banking77/train.csv", &banking.train)?;
    out.add("banking77/test.csv", &banking.test)?;
    let clinc = intents::clinc150(root)?;
    out.add("clinc150/train.csv", &clinc.train)?;
    out.add("clinc150/dev.csv", &clinc.dev)?;
    out.add("clinc150/test.csv", &clinc.test)?;
    out.add("clinc150/oos-test.csv", &clinc.oos_test)?;

    let comments = goemotions::load(root)?;
    for (name, rows) in [("train", &comments.train), ("dev", &comments.dev), ("test", &comments.test)] {
        // More than one emotion would be joined by `|`; the one-group rule leaves one at most.
        let label = |row: &goemotions::EmotionRow| row.emotion.map(|e| e.to_string()).unwrap_or_default();
        let rows: Vec<Row> =
            rows.iter().map(|row| Row { text: row.text.clone(), label: label(row) }).collect();
        out.add(&format!("emotions/{name}.csv"), &rows)?;
    }
    let (dev, test) = (comments.dev_leaks, comments.test_leaks);
    out.report
        .notes
        .push(format!("goemotions: {dev} dev and {test} test texts dropped: they stand in train"));

    let sst2 = polarity::sst2(root)?;
    let airline = polarity::airline(root)?;
    let uci = polarity::uci(root)?;
    out.add("sentiment/sst2-dev.csv", &sst2.dev)?;
    out.add("sentiment/airline-dev.csv", &airline)?;
    out.add("sentiment/uci.csv", &uci)?;
    out.report.notes.push(format!("sst2: {} test rows dropped: they stand in train", sst2.test_removed));

    let long = |row: &Row| row.text.split_whitespace().count() >= MIN_PHRASE_WORDS;
    let by_sentiment = |sentiment: Sentiment| {
        let rows = comments.train.iter().filter(|row| row.sentiment() == sentiment);
        (sentiment, rows.map(|row| Row { text: row.text.clone(), label: sentiment.to_string() }).collect())
    };
    Ok(PublicSentiment {
        phrases: sst2.train.into_iter().filter(long).collect(),
        comments: Sentiment::ALL.iter().map(|&sentiment| by_sentiment(sentiment)).collect(),
        held_out: [sst2.dev, sst2.test, airline, uci].concat(),
    })
}
