//! The intent sets: Banking77, CLINC150 and NLU++. Their labels are kept as they are.

use super::{Card, Row, bad_row, read_csv};
use crate::error::{DataError, Result};
use crate::files;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Banking77's card.
pub const BANKING77: Card = Card {
    folder: "banking77",
    hub_name: "PolyAI/banking77",
    licence: "CC BY 4.0",
    licence_source: "the hub card",
    task: "a 77-way intent yardstick for the trainer; texts inside of a desk's domain",
    label_map: &[("77 intents", "unchanged")],
    notes: &[
        "Questions to one bank, 10,003 to train on and 3,080 to test.",
        "No dev set: choose settings on a part of train, never on test.",
    ],
};

/// CLINC150's card.
pub const CLINC150: Card = Card {
    folder: "clinc150",
    hub_name: "clinc/clinc_oos",
    licence: "CC BY 3.0",
    licence_source: "noted when the set was fetched from clinc/oos-eval; not checked again",
    task: "a 150-way intent yardstick, a real out-of-scope set for the abstain threshold, and texts inside of a desk's domain",
    label_map: &[("150 intents", "unchanged"), ("oos", "oos (out of scope)")],
    notes: &[
        "15,000 / 3,000 / 4,500 in scope and 100 / 100 / 1,000 out of scope.",
        "Short requests to a voice assistant, every intent equally frequent: no desk's traffic looks like that.",
        "Only the 1,000 out-of-scope test rows are written by `prepare`, in a file of their own.",
    ],
};

/// NLU++'s card.
pub const NLUPP: Card = Card {
    folder: "nlupp",
    hub_name: "PolyAI-LDN/task-specific-datasets (folder nlupp, on GitHub)",
    licence: "CC BY 4.0",
    licence_source: "noted when the set was fetched; the authors' README points to their repository's LICENSE file",
    task: "texts inside of a desk's domain (training); reading matter near our categories",
    label_map: &[
        ("change", "near revision"),
        ("not_working", "near technical"),
        ("affirm", "near approval"),
        ("request_info", "near question"),
        ("handoff", "near a route, not a category"),
    ],
    notes: &[
        "2,071 banking and 1,009 hotel requests, several intents each, in 20 folds a domain.",
        "Near is not equal: its labels are not turned into ours.",
        "As texts inside, only requests of three words or more with an intent are taken: \"six\" alone is no message.",
    ],
};

/// Banking77.
#[derive(Debug)]
pub struct Banking77 {
    /// To train on.
    pub train: Vec<Row>,
    /// To report.
    pub test: Vec<Row>,
}

/// Loads Banking77 from `banking77/` under the root.
pub fn banking77(root: &Path) -> Result<Banking77> {
    let part = |name: &str| -> Result<Vec<Row>> {
        Ok(read_csv(&root.join(BANKING77.folder).join(name))?.into_iter().map(|(_, row)| row).collect())
    };
    Ok(Banking77 { train: part("train.csv")?, test: part("test.csv")? })
}

/// CLINC150 with its out-of-scope rows, whose label is `oos`.
#[derive(Debug)]
pub struct Clinc150 {
    /// To train on.
    pub train: Vec<Row>,
    /// To choose with.
    pub dev: Vec<Row>,
    /// To report.
    pub test: Vec<Row>,
    /// Out of scope, to train on.
    pub oos_train: Vec<Row>,
    /// Out of scope, to choose a threshold with.
    pub oos_dev: Vec<Row>,
    /// Out of scope, to report.
    pub oos_test: Vec<Row>,
}

/// Loads CLINC150 from `clinc150/` under the root.
pub fn clinc150(root: &Path) -> Result<Clinc150> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Full {
        train: Vec<(String, String)>,
        val: Vec<(String, String)>,
        test: Vec<(String, String)>,
        oos_train: Vec<(String, String)>,
        oos_val: Vec<(String, String)>,
        oos_test: Vec<(String, String)>,
    }
    let full: Full = read_json(&root.join(CLINC150.folder).join("data_full.json"))?;
    let rows = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(text, label)| Row { text: text.trim().to_owned(), label }).collect()
    };
    Ok(Clinc150 {
        train: rows(full.train),
        dev: rows(full.val),
        test: rows(full.test),
        oos_train: rows(full.oos_train),
        oos_dev: rows(full.oos_val),
        oos_test: rows(full.oos_test),
    })
}

/// A request with any number of intents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NluRow {
    /// The request.
    pub text: String,
    /// Its intents.
    pub intents: Vec<String>,
    /// `banking` or `hotels`.
    pub domain: &'static str,
    /// The authors' fold, 0 to 19.
    pub fold: u8,
}

/// Loads NLU++ from `nlupp/` under the root.
pub fn nlupp(root: &Path) -> Result<Vec<NluRow>> {
    #[derive(Deserialize)]
    struct Raw {
        text: String,
        // A request without intents leaves the field out; slots are of no use here.
        #[serde(default)]
        intents: Vec<String>,
    }
    let mut rows = Vec::new();
    for domain in ["banking", "hotels"] {
        for fold in 0..20 {
            let path = root.join(NLUPP.folder).join(domain).join(format!("fold{fold}.json"));
            let raw: Vec<Raw> = read_json(&path)?;
            if raw.is_empty() {
                return Err(bad_row(&path, 1, "the fold is empty"));
            }
            rows.extend(raw.into_iter().map(|raw| NluRow {
                text: raw.text.trim().to_owned(),
                intents: raw.intents,
                domain,
                fold,
            }));
        }
    }
    Ok(rows)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = files::read_text(path)?;
    serde_json::from_str(&text).map_err(|source| DataError::Json {
        path: path.to_owned(),
        line: source.line(),
        source,
    })
}
