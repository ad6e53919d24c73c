//! Tokenizers of many families, and tokenizers that would take all time or all memory.

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use frontdesk::{Engine, ErrorKind, LongText, Result, Ticket};
use serde_json::{Value, json};

use crate::common::{checkpoint, options};

/// Opens the small checkpoint with this tokenizer.
fn open(tokenizer: &Value) -> Result<Engine> {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path());
    fs::write(model.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    // A BertTokenizer would take no more than the vocabulary of the file.
    let settings = json!({"tokenizer_class": "PreTrainedTokenizerFast"}).to_string();
    fs::write(model.join("tokenizer_config.json"), settings).unwrap();
    let mut options = options(&model);
    (options.threads, options.long_text) = (Some(1), LongText::Head);
    Engine::open(options)
}

/// Fails where `work` hangs.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, waiting) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    waiting.recv_timeout(Duration::from_mins(1)).expect("an answer within a minute")
}

/// Ids of these tokens in their order.
fn ids(tokens: &[&str]) -> Value {
    tokens.iter().enumerate().map(|(id, token)| ((*token).to_owned(), json!(id))).collect()
}

fn template(first: &str, last: &str) -> Value {
    let special = |id: &str| json!({"SpecialToken": {"id": id, "type_id": 0}});
    let text = |id: &str| json!({"Sequence": {"id": id, "type_id": 0}});
    let token = |name: &str, id: u32| json!({"id": name, "ids": [id], "tokens": [name]});
    json!({
        "type": "TemplateProcessing",
        "single": [special(first), text("A"), special(last)],
        "pair": [special(first), text("A"), special(last), text("B"), special(last)],
        "special_tokens": {first: token(first, 0), last: token(last, 1)},
    })
}

fn added(content: &str, id: u32) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": content == "<mask>", "rstrip": false,
        "normalized": false, "special": true,
    })
}

#[allow(clippy::needless_pass_by_value, reason = "the parts of a file")]
fn tokenizer(normalizer: Value, splitter: Value, last: Value, model: Value) -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [added("<s>", 0), added("</s>", 1), added("<mask>", 4)],
        "normalizer": normalizer, "pre_tokenizer": splitter, "post_processor": last, "decoder": null,
        "model": model,
    })
}

fn word_piece() -> Value {
    let tokens = ["<s>", "</s>", "[UNK]", "proof", "##s", "a", "##a"];
    json!({
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": ids(&tokens),
    })
}

fn bert() -> Value {
    let normalizer = json!({
        "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
        "lowercase": true,
    });
    tokenizer(normalizer, json!({"type": "BertPreTokenizer"}), template("<s>", "</s>"), word_piece())
}

fn byte_level() -> Value {
    let tokens = [
        "<s>", "</s>", "<unk>", "<pad>", "<mask>", "p", "r", "o", "f", "Ġ", "pr", "oo", "proo", "proof", "Ġp",
    ];
    json!({
        "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
        "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "vocab": ids(&tokens),
        "merges": ["p r", "o o", "pr oo", "proo f", "Ġ p"],
    })
}

fn unigram() -> Value {
    let pieces = [
        ("<s>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("<pad>", 0.0),
        ("▁", -2.0),
        ("▁proof", -3.0),
        ("fi", -4.0),
    ];
    json!({"type": "Unigram", "unk_id": 2, "vocab": pieces})
}

/// A table that replaces one text, as SentencePiece compiles it.
fn charsmap(key: &str, text: &str) -> Vec<u8> {
    let mut units = vec![0u32; 256 * (key.len() + 2)];
    let mut base = 256;
    units[0] = base << 10;
    for (at, byte) in key.bytes().enumerate() {
        let place = base ^ u32::from(byte);
        base = 256 * (at as u32 + 2);
        let leaf = u32::from(at + 1 == key.len()) << 8;
        units[place as usize] = (place ^ base) << 10 | leaf | u32::from(byte);
    }
    units[base as usize] = 1 << 31;
    let mut bytes = (units.len() as u32 * 4).to_le_bytes().to_vec();
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    bytes
}

fn precompiled(bytes: &[u8]) -> Value {
    json!({"type": "Precompiled", "precompiled_charsmap": base64::encode(bytes)})
}

fn metaspace() -> Value {
    json!({"type": "Metaspace", "replacement": "▁", "add_prefix_space": true, "prepend_scheme": "always"})
}

/// XLM-R's.
fn sentence_piece() -> Value {
    let spaces = json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"});
    let normalizer = json!({"type": "Sequence", "normalizers": [precompiled(&charsmap("ﬁ", "fi")), spaces]});
    let splitter = json!({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace()]});
    tokenizer(normalizer, splitter, template("<s>", "</s>"), unigram())
}

/// RoBERTa's and DeBERTa's, or with its own pattern ModernBERT's successors.
fn bytes(pattern: Option<&str>) -> Value {
    let level = |own: bool| {
        let mut level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true});
        level["use_regex"] = own.into();
        level
    };
    let splitter = match pattern {
        None => level(true),
        Some(pattern) => json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            level(false),
        ]}),
    };
    let last = json!({
        "type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": true,
        "add_prefix_space": false,
    });
    tokenizer(json!({"type": "NFC"}), splitter, last, byte_level())
}

#[test]
fn tokenizers_of_many_families_open_and_answer() {
    let quotes = |mark: &str| json!({"type": "Replace", "pattern": {"String": mark}, "content": "\""});
    let albert = json!({"type": "Sequence", "normalizers": [
        quotes("``"), quotes("''"), {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
        precompiled(&charsmap("ﬁ", "fi")), {"type": "Strip", "strip_left": false, "strip_right": true},
    ]});
    let llama = json!({"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ]});
    let words = [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ];
    let mpnet = bytes(None)["post_processor"].clone();
    let mut mpnet =
        tokenizer(bert()["normalizer"].clone(), bert()["pre_tokenizer"].clone(), mpnet, word_piece());
    mpnet["padding"] = json!({
        "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, "pad_id": 1,
        "pad_type_id": 0, "pad_token": "<pad>",
    });
    let sequence = json!({"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
        template("<s>", "</s>"),
    ]});
    let mut modern = bytes(None);
    modern["post_processor"] = sequence;
    // Old files name no type of the model.
    let mut untyped = bytes(None);
    untyped["model"].as_object_mut().unwrap().remove("type");
    for (family, file, text, tokens) in [
        ("BERT and DistilBERT", bert(), "Proofs  proofs", 6),
        ("MPNet", mpnet, "proofs", 4),
        ("RoBERTa and DeBERTa", bytes(None), "proof proof", 5),
        ("ModernBERT", modern, "proof", 3),
        ("a pattern of its own", bytes(Some(&words.concat())), "proof", 3),
        ("without a type", untyped, "proof", 3),
        ("XLM-R", sentence_piece(), "proof ﬁ", 5),
        (
            "ALBERT and DeBERTa-v2",
            tokenizer(albert, metaspace(), template("<s>", "</s>"), unigram()),
            "proof",
            3,
        ),
        ("Llama", tokenizer(llama, Value::Null, template("<s>", "</s>"), unigram()), "proof proof", 4),
    ] {
        let engine = open(&file).unwrap_or_else(|e| panic!("{family}: {e}"));
        let analysis = engine.analyze(&Ticket::new(text)).unwrap();
        assert_eq!(analysis.usage.tokens, tokens, "{family}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn tokenizers_without_bounds_are_refused_by_their_component() {
    let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
    let sequence =
        |part: &Value, count: usize| json!({"type": "Sequence", "normalizers": vec![part.clone(); count]});
    let normalizer = |normalizer: Value| {
        let mut file = bert();
        file["normalizer"] = normalizer;
        file
    };
    let splitter = |splitter: Value| {
        let mut file = bert();
        file["pre_tokenizer"] = splitter;
        file
    };
    let model = |mut file: Value, field: &str, value: Value| {
        file["model"][field] = value;
        file
    };
    let mut repeating = bert();
    let text = repeating["post_processor"]["single"][1].clone();
    repeating["post_processor"]["single"].as_array_mut().unwrap().extend(vec![text; 300_000]);
    let mut twice = bert();
    twice["post_processor"]["single"][0] = twice["post_processor"]["single"][1].clone();
    let mut hidden = bert();
    hidden["post_processor"]["type"] = json!("BertProcessing");
    let mut many_ids = bert();
    many_ids["post_processor"]["special_tokens"]["<s>"]["ids"] = json!(vec![0; 100_000]);
    let mut unknown = bert();
    unknown["post_processor"]["special_tokens"] = json!({});
    let (mut padded, mut cut) = (bert(), bert());
    padded["padding"] = json!({"strategy": {"Fixed": 0}, "direction": "Right", "pad_to_multiple_of": null});
    cut["truncation"] = json!({"max_length": 0, "strategy": "LongestFirst", "stride": 0});
    let mut long_added = bert();
    long_added["added_tokens"][2]["content"] = json!("x".repeat(10_000));
    let nested =
        (0..40).fold(json!({"type": "NFC"}), |inner, _| json!({"type": "Sequence", "normalizers": [inner]}));
    let deep =
        (0..200).fold(json!({"type": "NFC"}), |inner, _| json!({"type": "Sequence", "normalizers": [inner]}));
    assert!(open(&normalizer(nested)).is_ok());

    let lying = [u32::MAX.to_le_bytes().to_vec(), vec![0; 64]].concat();
    let mut outside = charsmap("ﬁ", "fi");
    outside[4..8].copy_from_slice(&(100_000u32 << 10).to_le_bytes());
    let mut no_text = charsmap("a", "b");
    let leaf = 4 + 512 * 4;
    no_text[leaf..leaf + 4].copy_from_slice(&((1u32 << 31) + 5000).to_le_bytes());
    let mut twice_in_vocab = byte_level();
    twice_in_vocab["vocab"]["x".repeat(1000)] = json!(5);
    let nested_pieces: Vec<_> = (0..200).map(|length| ("a".repeat(length), -1.0)).collect();

    let cases = [
        ("normalizer: Replace: a text may become", normalizer(sequence(&double, 40))),
        ("normalizer: Prepend", normalizer(json!({"type": "Prepend", "prepend": "x".repeat(1000)}))),
        ("normalizer: ByteLevel", normalizer(sequence(&json!({"type": "ByteLevel"}), 30))),
        ("normalizer: more than 64", normalizer(sequence(&json!({"type": "NFD"}), 100_000))),
        ("recursion limit", normalizer(deep)),
        ("normalizer: unknown variant `Surprise`", normalizer(json!({"type": "Surprise"}))),
        (
            "normalizer: missing field",
            normalizer(json!({
                "type": "BertNormalizer", "pattern": {"String": "a"}, "content": "x".repeat(100_000),
            })),
        ),
        (
            "normalizer: Replace: the pattern is empty",
            normalizer(json!({
                "type": "Replace", "pattern": {"String": ""}, "content": "x",
            })),
        ),
        (
            "normalizer: Precompiled: the charsmap claims a trie of 4294967295 bytes",
            normalizer(precompiled(&lying)),
        ),
        ("Precompiled: the charsmap points to element", normalizer(precompiled(&outside))),
        ("Precompiled: the charsmap has no replacement at 5000", normalizer(precompiled(&no_text))),
        ("Precompiled: the charsmap replaces 1 bytes", normalizer(precompiled(&charsmap("a", "aaaaaaaa")))),
        (
            "Precompiled: the charsmap is no base64",
            normalizer(json!({
                "type": "Precompiled", "precompiled_charsmap": "?",
            })),
        ),
        ("Precompiled: the charsmap is cut short", normalizer(precompiled(&[1, 0]))),
        ("pre_tokenizer: FixedLength: a length of 0", splitter(json!({"type": "FixedLength", "length": 0}))),
        (
            "pre_tokenizer: Split: the pattern `(a+)+$`",
            splitter(json!({
                "type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": false,
            })),
        ),
        (
            "pre_tokenizer: Split: the pattern `[^x]*x|.`",
            splitter(json!({
                "type": "Split", "pattern": {"Regex": "[^x]*x|."}, "behavior": "Isolated", "invert": false,
            })),
        ),
        ("post_processor: TemplateProcessing: single has 300003 pieces", repeating),
        ("TemplateProcessing: single has to have the text A once", twice),
        ("post_processor: missing field `sep`", hidden),
        ("TemplateProcessing: `<s>` has 100000 ids", many_ids),
        ("TemplateProcessing: single names the special token `<s>`", unknown),
        ("padding: a length of 0", padded),
        ("truncation: max_length is 0", cut),
        ("added_tokens: a token of 10000 bytes", long_added),
        (
            "model: max_input_chars_per_word is 1000000",
            model(bert(), "max_input_chars_per_word", json!(1_000_000)),
        ),
        (
            "model: continuing_subword_prefix",
            model(bert(), "continuing_subword_prefix", json!("#".repeat(9000))),
        ),
        ("model: unk_token", model(bert(), "unk_token", json!("x".repeat(9000)))),
        ("model: dropout 0.5", model(bytes(None), "dropout", json!(0.5))),
        (
            "model: vocab: two tokens have the id 5",
            model(bytes(None), "vocab", twice_in_vocab["vocab"].clone()),
        ),
        ("model: vocab: a token of 2000 bytes", model(bert(), "vocab", ids(&[&"x".repeat(2000)]))),
        ("model: vocab: more than 64 pieces", model(sentence_piece(), "vocab", json!(nested_pieces))),
        (
            "model: vocab: a piece of 90000 bytes",
            model(sentence_piece(), "vocab", json!([("x".repeat(90_000), 0.0)])),
        ),
        ("model: `Guess` is none of BPE", model(bert(), "type", json!("Guess"))),
        ("version `2.0`", {
            let mut file = bert();
            file["version"] = json!("2.0");
            file
        }),
    ];
    for (expected, file) in cases {
        let error = in_time(move || open(&file).map(drop).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{expected}: {error}");
        assert!(error.message().contains("tokenizer.json: "), "{error}");
        assert!(error.message().contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_part_that_is_there_twice_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let model = checkpoint("bert-single-float32", dir.path());
    for (field, again) in [
        ("normalizer", r#"{"normalizer": {"type": "NFC"}, "#),
        ("model", r#"{"model": {"type": "BPE", "vocab": {}, "merges": []}, "#),
    ] {
        let file = bert().to_string().replacen('{', again, 1);
        fs::write(model.join("tokenizer.json"), file).unwrap();
        let error = Engine::open(options(&model)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ModelInvalid);
        assert!(error.message().contains(&format!("duplicate field `{field}`")), "{error}");
    }
}

/// What is left costs some work for each byte of the text: the longest texts that are read end soon, and give
/// the same answer again.
#[test]
fn the_longest_texts_are_read_soon_and_alike() {
    let long = |text: &str| text.repeat((1 << 18) / text.len());
    for file in [bert(), bytes(None), sentence_piece()] {
        let engine = open(&file).unwrap();
        for text in ["a", "proof ", " ", "ﬁ", "\u{fdfa}", "?!", "<mask>", " <mask>"].map(long) {
            let engine = engine.clone();
            in_time(move || {
                let [first, again] = [(), ()].map(|()| engine.analyze(&Ticket::new(text.as_str())).unwrap());
                assert_eq!(first, again);
                assert!(first.usage.truncated || first.usage.tokens < 100);
            });
        }
    }
}
