//! Invented messages for the tests.
#![allow(dead_code)] // each test file uses its own part

pub(crate) mod public;

use frontdesk_datasets::tickets::{Category, LabelledTicket, Sentiment};
use std::path::{Path, PathBuf};

/// A line of a batch, with every field valid.
pub(crate) fn line(id: &str, text: &str) -> String {
    format!(
        r#"{{"id":"{id}","text":"{text}","category":"question","sentiment":"neutral","urgency":3,"hard":false,"domain":"print"}}"#
    )
}

/// Writes a file and the folders above it.
pub(crate) fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// Words enough that two texts drawn with different numbers share few shingles.
pub(crate) fn sentence(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let letters: Vec<char> = (0..40)
        .map(|place| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if place % 6 == 5 { ' ' } else { char::from(b'a' + (state % 26) as u8) }
        })
        .collect();
    letters.into_iter().collect::<String>().trim().to_owned()
}

/// `batches` batches of `each` messages whose labels follow from their number.
pub(crate) fn tickets(batches: usize, each: usize) -> Vec<LabelledTicket> {
    let number = |batch: usize, place: usize| batch * each + place;
    (0..batches)
        .flat_map(|batch| (0..each).map(move |place| (batch, place)))
        .map(|(batch, place)| LabelledTicket {
            id: format!("b{batch:02}-{place:02}"),
            text: sentence(number(batch, place) as u64 + 1),
            category: Category::ALL[(place * 7 + batch) % 6],
            sentiment: Sentiment::ALL[(place / 2 + batch) % 3],
            urgency: ((place * 3 + batch) % 10 + 1) as u8,
            hard: place % 5 == 0,
            domain: if place % 4 == 0 { "bank".into() } else { "print".into() },
        })
        .collect()
}
