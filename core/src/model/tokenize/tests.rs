//! Token ids against Hugging Face transformers (core/tests/golden/make.py made the digests).

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::Tokenizer;
use crate::LongText;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn tokenizer(max_tokens: usize) -> Tokenizer {
    let json = std::fs::read(root().join("models/bundles/frontdesk-small/tokenizer.json")).unwrap();
    Tokenizer::new(&json, 30_522, max_tokens, 1 << 20).unwrap()
}

/// By the most tokens that they give, from 3; reading one takes longer than a case.
static CUTTING: LazyLock<Vec<Tokenizer>> = LazyLock::new(|| (3..20).map(tokenizer).collect());
static WHOLE: LazyLock<Tokenizer> = LazyLock::new(|| tokenizer(1 << 20));

fn texts() -> Vec<String> {
    let mut batches: Vec<_> = std::fs::read_dir(root().join("datasets/tickets/batches")).unwrap().collect();
    batches.sort_by_key(|entry| entry.as_ref().unwrap().path());
    let mut texts = Vec::new();
    for batch in batches {
        for line in std::fs::read_to_string(batch.unwrap().path()).unwrap().lines() {
            let ticket: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = ticket["text"].as_str().unwrap();
            texts.push(text.to_owned());
            if text.contains('\n') {
                texts.extend(text.split('\n').filter(|part| !part.trim().is_empty()).map(str::to_owned));
            }
        }
    }
    assert!(texts.len() >= 2000, "{} real texts", texts.len());
    let hostile = std::fs::read(root().join("core/tests/golden/hostile.json")).unwrap();
    texts.extend(serde_json::from_slice::<Vec<String>>(&hostile).unwrap());
    texts.extend(["tok".repeat(33_333) + "x", "a b ".repeat(25_000)]);
    texts
}

fn digest(ids: &[u32]) -> String {
    let joined = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    Sha256::digest(joined.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn ids_equal_transformers_on_real_and_hostile_texts() {
    let tokenizer = tokenizer(1 << 20);
    let golden = std::fs::read_to_string(root().join("core/tests/golden/tokens.txt")).unwrap();
    let texts = texts();
    assert_eq!(golden.lines().count(), texts.len(), "run core/tests/golden/make.py");
    for (text, expected) in texts.iter().zip(golden.lines()) {
        let encoding = tokenizer.encode(text, LongText::Refuse).unwrap();
        assert_eq!(digest(&encoding.ids), expected, "{:?}", text.chars().take(80).collect::<String>());
    }
}

proptest! {
    #[test]
    fn a_cut_text_keeps_its_ends(words in 0usize..40, max in 3usize..20) {
        let text = (0..words).map(|i| ["proof", "press", "ink", "paper"][i % 4]).collect::<Vec<_>>().join(" ");
        let whole = WHOLE.encode(&text, LongText::Refuse).unwrap().ids;
        let cut = &CUTTING[max - 3];
        for policy in [LongText::Head, LongText::HeadAndTail] {
            let encoding = cut.encode(&text, policy).unwrap();
            prop_assert_eq!(encoding.truncated, whole.len() > max);
            prop_assert_eq!(encoding.ids.len(), whole.len().min(max));
            prop_assert_eq!(encoding.ids.first(), whole.first());
            prop_assert_eq!(encoding.ids.last(), whole.last());
            let head = encoding.ids.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            prop_assert!(head + 1 + (max - 2) / 4 >= encoding.ids.len());
        }
        prop_assert_eq!(cut.encode(&text, LongText::Refuse).is_err(), whole.len() > max);
    }
}
