//! Texts that are hardly a message: the bundled model abstains for a known reason, answers, or refuses by
//! name.

use std::collections::BTreeSet;

use frontdesk::{AbstainReason, Analysis, Engine, EngineOptions, Result, Ticket};

fn engine() -> Engine {
    Engine::open(EngineOptions::default()).unwrap()
}

fn analyze(engine: &Engine, text: &str) -> Result<Analysis> {
    engine.analyze(&Ticket::new(text))
}

/// The reasons why the model does not rely on its category.
fn reasons(analysis: &Analysis) -> BTreeSet<String> {
    let of_category = analysis.abstain.iter().filter(|abstain| abstain.output == "category");
    of_category.map(|abstain| abstain.reason.to_string()).collect()
}

#[test]
fn a_text_with_nothing_to_read_is_empty() {
    let engine = engine();
    for text in
        ["", " ", "\t \r\n", "\u{7}\u{0}\u{1b}", "\u{200e}\u{200f}\u{202e}", "\u{200d}\u{200b}\u{feff}"]
    {
        let analysis = analyze(&engine, text).unwrap();
        assert_eq!(reasons(&analysis), [AbstainReason::Empty.to_string()].into(), "{text:?}");
        assert!(analysis.category.is_none() && analysis.sentiment.is_none(), "{text:?}");
    }
}

#[test]
fn another_language_is_not_supported() {
    let engine = engine();
    for text in [
        "不能登录",
        "шрифт не тот",
        "ありがとう",
        "الفاتورة خاطئة",
        "Bitte rufen Sie mich zurück",
        "¿Dónde está mi pedido?",
        "Guten Tag, die Rechnung stimmt nicht, bitte rufen Sie mich heute noch zurück",
        "la facture du mois dernier est fausse, merci de la corriger avant vendredi",
    ] {
        let analysis = analyze(&engine, text).unwrap();
        assert!(reasons(&analysis).contains("unsupported-language"), "{text}: {analysis:?}");
    }
}

#[test]
fn what_is_no_message_to_a_desk_is_out_of_domain() {
    let engine = engine();
    for text in [
        "asdf qwer zxcv",
        "4 8 15 16 23 42",
        "x",
        "once upon a midnight dreary, while I pondered weak and weary",
        "def f(x): return x * 2 if x else None",
        "lorem ipsum dolor sit amet consectetur",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
        &"😀".repeat(10_000),
        &"qzx ".repeat(5_000),
    ] {
        let analysis = analyze(&engine, text).unwrap();
        assert!(reasons(&analysis).contains("out-of-domain"), "{text:.40}: {analysis:?}");
    }
}

#[test]
fn messages_of_a_desk_are_answered() {
    let engine = engine();
    for text in [
        "Need to approve this proof ASAP",
        "refund. now.",
        "cant login",
        "Thanks, the brochures look great!",
        "The Müller order is late again",
        "Please ship the Kowalski parcel to São Paulo",
        "Invoice RE-2024-0815 from Łukasz is wrong",
        "Production is blocked!",
        "Where is PO 88213?",
        "I want a refund now",
        "proof proof proof proof",
    ] {
        let analysis = analyze(&engine, text).unwrap();
        let found = reasons(&analysis);
        assert!(
            !found.contains("out-of-domain") && !found.contains("unsupported-language"),
            "{text}: {analysis:?}"
        );
    }
}

/// A megabyte of base64 is at the limit of a text, and one word that the tokenizer does not know; one byte
/// more is refused by name.
#[test]
fn a_text_at_the_limit_is_read_and_one_beyond_it_is_too_large() {
    let engine = engine();
    let largest = "QUJD".repeat((1 << 20) / 4);
    let analysis = analyze(&engine, &largest).unwrap();
    assert_eq!((analysis.usage.tokens, analysis.usage.truncated), (3, false));
    let error = analyze(&engine, &(largest + "Q")).unwrap_err();
    assert_eq!(error.kind(), frontdesk::ErrorKind::TooLarge, "{error}");
}
