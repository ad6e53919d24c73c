//! Token ids against Hugging Face transformers (core/tests/golden/tokenizers/make.py made the files).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Assembled, Folder, assemble};
use crate::model::tokenize::Tokenizer;
use crate::{ErrorKind, LongText, Result};

type Files = BTreeMap<String, Vec<u8>>;

impl Folder for Files {
    fn place(&self) -> String {
        "models/a".to_owned()
    }

    fn has(&self, name: &str) -> bool {
        self.contains_key(name)
    }

    fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.get(name).cloned())
    }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizers")
}

fn files(case: &str) -> Files {
    let entries = std::fs::read_dir(golden().join("cases").join(case)).unwrap().map(|entry| entry.unwrap());
    let file = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
    };
    entries.map(|entry| file(entry.path())).collect()
}

fn open(files: &Files, rows: usize) -> Result<(Assembled, Tokenizer)> {
    let assembled = assemble(files, &files["config.json"], rows)?;
    let tokenizer = Tokenizer::new(&assembled.json, rows, 1 << 20, 1 << 20)?;
    Ok((assembled, tokenizer))
}

/// The files of a case with these in place of its own.
fn changed(case: &str, changes: &[(&str, Value)]) -> Files {
    let mut files = files(case);
    for (name, content) in changes {
        files.insert((*name).to_owned(), content.to_string().into_bytes());
    }
    files
}

/// Asserts the error of a checkpoint.
fn refused(files: &Files, rows: usize, kind: ErrorKind, parts: &[&str]) {
    let error = open(files, rows).map(drop).unwrap_err();
    let message = error.to_string();
    assert_eq!(error.kind(), kind, "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` in: {message}");
    }
}

#[test]
fn every_family_gives_the_ids_of_transformers() {
    let texts: Vec<String> =
        serde_json::from_slice(&std::fs::read(golden().join("texts.json")).unwrap()).unwrap();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(golden().join("cases")).unwrap() {
        let case = entry.unwrap().file_name().into_string().unwrap();
        let files = files(&case);
        let golden: Value = serde_json::from_slice(&files["golden.json"]).unwrap();
        let (assembled, tokenizer) = open(&files, 2000).unwrap_or_else(|e| panic!("{case}: {e}"));
        let limit = golden["model_max_length"].as_u64().map(|limit| limit as usize);
        assert_eq!(assembled.max_tokens, limit, "{case}");
        // What is written is read as it was: a bundle that is made of a checkpoint keeps its tokenizer.
        let mut again = files.clone();
        again.insert("tokenizer.json".to_owned(), assembled.json.clone());
        let (_, again) = open(&again, 2000).unwrap();
        let ids = golden["ids"].as_array().unwrap();
        assert_eq!(ids.len(), texts.len(), "run make.py");
        for (text, expected) in texts.iter().zip(ids) {
            for tokenizer in [&tokenizer, &again] {
                let ids = tokenizer.encode(text, LongText::Refuse).unwrap().ids;
                if json!(ids) != *expected {
                    wrong.push(format!("{case}: {text:?}: {ids:?} and not {expected}"));
                }
            }
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{} texts:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 30, "{cases} cases");
}

#[test]
fn a_cut_text_keeps_what_is_put_around_it() {
    let mut whole: Value = serde_json::from_slice(&files("bert-plain")["tokenizer.json"]).unwrap();
    let first = whole["post_processor"]["single"][0].clone();
    let special = |count: usize| std::iter::repeat_n(first.clone(), count);
    let text = whole["post_processor"]["single"][1].clone();
    for (before, after) in [(1, 0), (0, 1), (2, 3), (1, 1)] {
        let single: Vec<Value> = special(before).chain([text.clone()]).chain(special(after)).collect();
        whole["post_processor"]["single"] = json!(single);
        let json = whole.to_string();
        // The text has special tokens of its own at both ends.
        let text = "[CLS] the proof is late [SEP]";
        let all = Tokenizer::new(json.as_bytes(), 2000, 100, 1000).unwrap();
        let all = all.encode(text, LongText::Refuse).unwrap().ids;
        let max = all.len() - 2;
        let tokenizer = Tokenizer::new(json.as_bytes(), 2000, max, 1000).unwrap();
        let cut = tokenizer.encode(text, LongText::Head).unwrap();
        let body = all.len() - before - after;
        let expected = [&all[..before + body - 2], &all[before + body..]].concat();
        assert_eq!((cut.ids, cut.truncated, cut.whole), (expected, true, all.len()));
        let error = Tokenizer::new(json.as_bytes(), 2000, before + after, 1000).unwrap_err();
        assert!(error.to_string().contains("special tokens around a text"), "{error}");
    }
    whole["post_processor"] = Value::Null;
    let error = Tokenizer::new(whole.to_string().as_bytes(), 2000, 100, 1000).unwrap_err();
    assert!(error.to_string().contains("no special token around a text"), "{error}");
}

#[test]
fn a_token_beyond_the_embedding_is_refused_by_its_name() {
    let rows = 560;
    assert!(open(&files("bert"), rows).is_ok());
    refused(
        &files("bert"),
        rows - 1,
        ErrorKind::ModelInvalid,
        &["the token `", "has the id 559", "559 rows"],
    );
    let added = json!({"added_tokens_decoder": {"560": {"content": "<new>"}}});
    let added = changed("bert", &[("tokenizer_config.json", added)]);
    refused(&added, rows, ErrorKind::ModelInvalid, &["`<new>` has the id 560", "560 rows"]);
    assert!(open(&added, rows + 1).is_ok());
}

#[test]
fn a_default_without_a_row_is_left_out_unless_a_text_needs_it() {
    let without = |token: &str| {
        let mut files = files("bert-vocab");
        let text = String::from_utf8(files["vocab.txt"].clone()).unwrap();
        files.insert("vocab.txt".to_owned(), text.replace(token, "unused").into_bytes());
        files
    };
    // Transformers gives `[MASK]` the id 560, at which the network would fail.
    assert!(open(&without("[MASK]"), 560).is_ok());
    refused(&without("[CLS]"), 560, ErrorKind::ModelInvalid, &["cls_token `[CLS]` is not in the vocabulary"]);
    refused(&without("[UNK]"), 560, ErrorKind::ModelInvalid, &["unk_token `[UNK]` is not in the vocabulary"]);
    let named = json!({"mask_token": "[MASK]"}).to_string();
    let mut stated = without("[MASK]");
    stated.insert("tokenizer_config.json".to_owned(), named.into_bytes());
    refused(&stated, 560, ErrorKind::ModelInvalid, &["`[MASK]` has the id 560"]);
}

#[test]
fn a_folder_without_a_vocabulary_says_what_may_be_there() {
    let of = |model_type: &str, name: Option<&str>| {
        let config = json!({"model_type": model_type}).to_string().into_bytes();
        let file = name.map(|name| (name.to_owned(), b"\0".to_vec()));
        [("config.json".to_owned(), config)].into_iter().chain(file).collect::<Files>()
    };
    for (model_type, expected) in [
        ("bert", "a BertTokenizer is read from tokenizer.json or vocab.txt"),
        ("mpnet", "an MPNetTokenizer is read from tokenizer.json or vocab.txt"),
        ("roberta", "a RobertaTokenizer is read from tokenizer.json, or vocab.json with merges.txt"),
        ("modernbert", "is read from tokenizer.json"),
        ("xlm-roberta", "is read from tokenizer.json"),
    ] {
        let parts = ["models/a has no tokenizer", expected];
        refused(&of(model_type, None), 100, ErrorKind::ModelNotFound, &parts);
    }
    let half = of("roberta", Some("vocab.json"));
    refused(&half, 100, ErrorKind::ModelNotFound, &["vocab.json with merges.txt"]);
    for (model_type, name) in [
        ("xlm-roberta", "sentencepiece.bpe.model"),
        ("camembert", "sentencepiece.bpe.model"),
        ("deberta-v2", "spm.model"),
        ("bert", "spiece.model"),
    ] {
        let lines = "from transformers import AutoTokenizer\n\
                     AutoTokenizer.from_pretrained(\"models/a\").save_pretrained(\"models/a\")";
        let parts = [name, "sentencepiece and protobuf", lines];
        refused(&of(model_type, Some(name)), 100, ErrorKind::ModelInvalid, &parts);
    }
}

#[test]
fn bad_files_are_refused_by_name_and_field() {
    let settings = |settings: Value| changed("bert", &[("tokenizer_config.json", settings)]);
    let earlier = |name: &str, content: Value| changed("bert-added-earlier", &[(name, content)]);
    let text = |case: &str, name: &str, text: &[u8]| {
        let mut files = files(case);
        files.insert(name.to_owned(), text.to_vec());
        files
    };
    let many: serde_json::Map<_, _> =
        (0..20_000).map(|id| (id.to_string(), json!({"content": format!("<{id}>")}))).collect();
    for (files, expected) in [
        (settings(json!({"do_lower_case": "yes"})), "tokenizer_config.json: do_lower_case is \"yes\""),
        (settings(json!({"strip_accents": 1})), "strip_accents is 1"),
        (settings(json!({"tokenize_chinese_chars": []})), "tokenize_chinese_chars is []"),
        (settings(json!({"model_max_length": 0})), "model_max_length is 0"),
        (settings(json!({"model_max_length": -5})), "model_max_length is -5"),
        (settings(json!({"model_max_length": 12.5})), "model_max_length is 12.5"),
        (settings(json!({"model_max_length": "512"})), "model_max_length is \"512\""),
        (settings(json!({"cls_token": 5})), "cls_token is neither a text nor an added token"),
        (settings(json!({"cls_token": null})), "cls_token is null"),
        (settings(json!({"unk_token": null})), "unk_token is null"),
        (settings(json!({"unk_token": "<none>"})), "unk_token `<none>` is not in the vocabulary"),
        (settings(json!({"extra_special_tokens": "<new>"})), "extra_special_tokens is no list"),
        (settings(json!({"extra_special_tokens": [1]})), "extra_special_tokens is neither"),
        (settings(json!({"added_tokens_decoder": []})), "added_tokens_decoder: is no object"),
        (settings(json!({"added_tokens_decoder": {"x": {"content": "a"}}})), "`x` is no id"),
        (settings(json!({"added_tokens_decoder": {"-1": {"content": "a"}}})), "`-1` is no id"),
        (settings(json!({"added_tokens_decoder": {"7": "a"}})), "`7` is a text alone"),
        (settings(json!({"added_tokens_decoder": {"7": {"content": "a", "odd": 1}}})), "unknown field `odd`"),
        (settings(json!({"added_tokens_decoder": many})), "20000 added tokens; at most 16384"),
        (settings(json!({"extra_special_tokens": vec!["<a>"; 20_000]})), "special tokens; at most 16384"),
        (settings(json!({"split_special_tokens": true})), "split_special_tokens is true"),
        (settings(json!({"tokenizer_class": 5})), "tokenizer_config.json: invalid type"),
        (
            settings(json!({"tokenizer_class": "BertJapaneseTokenizer"})),
            "`BertJapaneseTokenizer` is a tokenizer in Python",
        ),
        (settings(json!([])), "tokenizer_config.json: invalid type"),
        (text("bert", "tokenizer_config.json", b"{"), "tokenizer_config.json: EOF"),
        (text("bert", "tokenizer.json", b"{"), "tokenizer.json: EOF"),
        (text("bert", "tokenizer.json", b"{}"), "tokenizer.json: missing field `model`"),
        (earlier("added_tokens.json", json!({"<new>": "5"})), "added_tokens.json: `<new>` has the id \"5\""),
        (earlier("special_tokens_map.json", json!({"cls_token": []})), "special_tokens_map.json: cls_token"),
        (text("bert-added-earlier", "special_tokens_map.json", b"?"), "special_tokens_map.json: expected"),
        (text("bert-vocab", "vocab.txt", b""), "vocab.txt: is empty"),
        (text("bert-vocab", "vocab.txt", b"[PAD]\n\xff\n"), "vocab.txt: is not UTF-8 from byte 6 on"),
        (text("roberta-files", "vocab.json", b"{\"a\": -1}"), "vocab.json: invalid value"),
        (text("roberta-files", "merges.txt", b"#version: 0.2\na b c\n"), "merges.txt: line 2"),
        (text("roberta-files", "merges.txt", b"no such\n"), "tokenizer.json: "),
        (text("bert-vocab", "vocab.txt", b"[CLS]\n[SEP]\n"), "unk_token `[UNK]` is not in the vocabulary"),
    ] {
        refused(&files, 2000, ErrorKind::ModelInvalid, &[expected]);
    }
    // What the class does not take from the file is checked too.
    let twice = String::from_utf8(files("bert")["tokenizer.json"].clone()).unwrap();
    let twice = twice.replacen('{', "{\"normalizer\": null, ", 1);
    refused(
        &text("bert", "tokenizer.json", twice.as_bytes()),
        2000,
        ErrorKind::ModelInvalid,
        &["duplicate field"],
    );
}

#[test]
fn a_part_that_the_class_builds_itself_is_checked_too() {
    let mut whole: Value = serde_json::from_slice(&files("bert")["tokenizer.json"]).unwrap();
    whole["post_processor"]["single"] = json!([]);
    let files = changed("bert", &[("tokenizer.json", whole)]);
    refused(&files, 2000, ErrorKind::ModelInvalid, &["tokenizer.json: post_processor: TemplateProcessing"]);
}

#[test]
fn what_is_built_goes_through_the_same_bounds() {
    let mut long = files("bert-vocab");
    long.get_mut("vocab.txt").unwrap().extend("x".repeat(3000).bytes());
    refused(&long, 2000, ErrorKind::ModelInvalid, &["vocab: a token of 3000 bytes"]);
    let settings = json!({"extra_special_tokens": ["x".repeat(3000)]});
    let files = changed("bert-vocab", &[("tokenizer_config.json", settings)]);
    refused(&files, 2000, ErrorKind::ModelInvalid, &["added_tokens: a token of 3000 bytes"]);
}
