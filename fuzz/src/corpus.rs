//! Valid inputs of each target, which others are made from.

use std::path::{Path, PathBuf};

use crate::{condition, files, http, model, outcomes, policy, prepare, record, table};

/// A target by its name.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its program and of its folder in the corpus.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// What libFuzzer is given as a dictionary, too.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "model",
        run: model,
        words: &[
            "null",
            "1e999",
            "-1",
            "4294967296",
            "[]",
            "{}",
            "\"model_type\"",
            "\"BPE\"",
            "\"Replace\"",
            "\"Sequence\"",
            "\"Precompiled\"",
            "\"hidden_size\"",
            "\"max_position_embeddings\"",
            "\"dropout\"",
            "\"data_offsets\"",
            "\"weight_map\"",
            "../model.safetensors",
            "18446744073709551615",
        ],
    },
    Target {
        name: "table",
        run: table,
        words: &[
            "\"",
            "\"\"",
            "\r\n",
            "\0",
            "sep=;",
            "{\"text\":",
            "[",
            "]",
            "null",
            "NaN",
            "PAR1",
            "ARROW1",
            "\u{feff}",
        ],
    },
    Target {
        name: "condition",
        run: condition,
        words: &[
            "text",
            "\"id\"",
            "count",
            " AND ",
            " OR ",
            "NOT ",
            " IN (",
            "BETWEEN",
            " LIKE '%",
            "::date",
            "IS NULL",
            "||",
            "CASE WHEN",
            "'",
            "(",
            ")",
            "1e308",
            "-",
            "%_",
        ],
    },
    Target {
        name: "prepare",
        run: prepare,
        words: &[
            "\n> ",
            "\n-- \n",
            "<html>",
            "</p>",
            "&nbsp;",
            "From:",
            "wrote:",
            "-----Original Message-----",
            "&#x1f600;",
        ],
    },
    Target {
        name: "policy",
        run: policy,
        words: &[
            "nan",
            "inf",
            "-1e308",
            "[weights]",
            "[rules]",
            "[exploration]",
            "epsilon",
            "=",
            "\n",
            "[[",
            "]]",
        ],
    },
    Target {
        name: "outcomes",
        run: outcomes,
        words: &[
            "\"propensity\":",
            "\"satisfaction\":",
            "\"duration\":",
            "\"facts\":",
            "1e999",
            "-0",
            "null",
            "{",
            "}",
            "\n",
        ],
    },
    Target {
        name: "record",
        run: record,
        words: &["\"facts\":", "\"draw\":", "\"policy\":", "\"context\":", "1e999", "null", "[", "]"],
    },
    Target {
        name: "http",
        run: http,
        words: &[
            "\r\n",
            "Host: a\r\n",
            "Content-Length: ",
            "Transfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            "HTTP/1.1",
            "Expect: 100-continue\r\n",
            "{\"text\":",
            "\"tickets\":[",
            "\"context\":",
            "POST ",
            "%00",
            "ffffffff",
        ],
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The seeds of a target, in the order of their names: files of the tests, each behind the byte that chooses
/// its kind, and what was found, in `corpus/NAME`.
///
/// # Panics
/// Where a file of the project is missing.
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let read = |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let behind = |which: usize, content: &[u8]| [&[which as u8], content].concat();
    let mut seeds = match name {
        "model" => model::FILES.iter().enumerate().map(|(at, (_, content))| behind(at, content)).collect(),
        "table" => listed(&root().join("core/tests/golden/tables"))
            .into_iter()
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?;
                let ending = |ending: &&str| name.ends_with(&format!(".{ending}"));
                let at = files::ENDINGS.iter().rposition(ending)?;
                Some(behind(at, &read(&path)))
            })
            .filter(|seed| seed.len() < 64 << 10)
            .collect(),
        _ => Vec::new(),
    };
    seeds.extend(
        listed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)).iter().map(|p| read(p)),
    );
    seeds
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}
