//! Detection of a text's script and language.
//!
//! Two detectors: trigrams of 70 languages (whatlang), reliable for long texts, and a linear classifier of 16
//! languages on hashed n-grams (whichlang), which is right for a sentence of a few words: languages that it
//! does not know it takes for one that is near, and hardly ever for English.

use whatlang::{Lang, Script, detect, detect_script};

/// The fewest letters of a text whose language is detected by trigrams: they are not reliable for shorter
/// texts.
const LETTERS: usize = 60;
/// The fewest letters of a text whose script is detected.
const SCRIPT_LETTERS: usize = 2;
/// The fewest words of a text whose language n-grams detect by themselves.
const WORDS: usize = 9;
/// The fewest words of a text whose language n-grams can make likely.
const FEW_WORDS: usize = 3;
/// Characters of a text that are read.
const READ: usize = 500;

/// The script and the language of a text, as far as they can be detected.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) script: Option<Script>,
    pub(crate) lang: Option<Lang>,
}

/// Returns the beginning of a text that is read, 500 characters at most.
fn head(text: &str) -> &str {
    text.char_indices().nth(READ).map_or(text, |(end, _)| &text[..end])
}

#[cfg(feature = "train")]
pub(crate) fn look(text: &str) -> Written {
    let text = head(text);
    let sure = letters(text) >= LETTERS;
    let lang = detect(text).filter(|info| sure && info.is_reliable()).map(|info| info.lang());
    Written { script: script(text), lang }
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// The script of most letters.
fn script(text: &str) -> Option<Script> {
    if letters(text) >= SCRIPT_LETTERS { detect_script(text) } else { None }
}

/// Whether each half of the text, taken alone, is in the language of the whole: a chance likeness of
/// trigrams is not.
pub(crate) fn halves_agree(text: &str, lang: Lang) -> bool {
    let text = head(text);
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(middle, _)| middle);
    let cut = text[middle..].find(char::is_whitespace).map_or(middle, |space| middle + space);
    [&text[..cut], &text[cut..]].iter().all(|half| detect(half).is_some_and(|half| half.lang() == lang))
}

/// Whether a text is in another language than those that a model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    No,
    /// A few words that look like it; names, codes and typing errors may do so, too.
    Likely,
    Surely,
}

/// The languages that a model knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Languages {
    known: Vec<Lang>,
    /// The same as n-grams have them, where they have all.
    by_ngrams: Option<Vec<whichlang::Lang>>,
}

impl Languages {
    /// Languages by their codes of ISO 639-1 or 639-3. Where one of them cannot be detected, no text is
    /// called foreign.
    pub(crate) fn new(codes: &[String]) -> Self {
        let known: Option<Vec<Lang>> = codes.iter().map(|code| lang_of(code)).collect();
        let known = known.unwrap_or_default();
        let of_ngrams = |lang: &Lang| {
            whichlang::LANGUAGES.iter().copied().find(|other| other.three_letter_code() == lang.code())
        };
        Self { by_ngrams: known.iter().map(of_ngrams).collect(), known }
    }

    /// Whether the text is in another language: surely in a script that none of them has, or where it is long
    /// enough for a reliable detection.
    pub(crate) fn judge(&self, text: &str) -> Foreign {
        if self.known.is_empty() {
            return Foreign::No;
        }
        let text = head(text);
        let has = |script: Script| self.known.iter().any(|lang| script.langs().contains(lang));
        match script(text) {
            None => Foreign::No,
            Some(script) if !has(script) => Foreign::Surely,
            Some(_) => match &self.by_ngrams {
                Some(known) => by_ngrams(text, known),
                None => self.by_trigrams(text),
            },
        }
    }

    fn by_trigrams(&self, text: &str) -> Foreign {
        let reliable = detect(text).filter(|info| letters(text) >= LETTERS && info.is_reliable());
        let other = reliable.map(|info| info.lang()).filter(|lang| !self.known.contains(lang));
        if other.is_some_and(|lang| halves_agree(text, lang)) { Foreign::Surely } else { Foreign::No }
    }
}

fn by_ngrams(text: &str, known: &[whichlang::Lang]) -> Foreign {
    let words: Vec<&str> =
        text.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).collect();
    let other = |words: &[&str]| !known.contains(&whichlang::detect_language(&words.join(" ")));
    if words.len() < FEW_WORDS || !other(&words) {
        return Foreign::No;
    }
    // A text of two languages is read: half of it is known.
    let (first, second) = words.split_at(words.len() / 2);
    if words.len() >= WORDS && other(first) && other(second) { Foreign::Surely } else { Foreign::Likely }
}

fn lang_of(code: &str) -> Option<Lang> {
    let short = ISO_639_1.iter().find(|(short, _)| *short == code);
    Lang::from_code(short.map_or(code, |(_, long)| long))
}

/// Codes of two letters with those of three, for the languages that can be detected.
const ISO_639_1: [(&str, &str); 70] = [
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("my", "mya"),
    ("nb", "nob"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "cmn"),
    ("zu", "zul"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_that_can_be_told_has_its_code_of_two_letters() {
        for (short, long) in ISO_639_1 {
            assert_eq!(lang_of(short), Lang::from_code(long), "{short}");
            assert!(lang_of(short).is_some(), "{short} {long}");
        }
        for lang in Lang::all() {
            assert!(ISO_639_1.iter().any(|(_, long)| *long == lang.code()), "{lang}");
        }
    }

    fn english() -> Languages {
        Languages::new(&["en".to_owned()])
    }

    #[test]
    fn another_language_is_foreign_and_mixed_texts_are_not() {
        for text in [
            "Die Druckmaschine steht seit heute Morgen still und wir brauchen dringend jemanden, der sich das ansieht.",
            "Les couleurs de la brochure ne correspondent pas du tout à celles que nous avions validées la semaine dernière.",
            "印刷機が止まっています。すぐに誰かを呼んでください。",
            "Печать остановилась, нужна помощь",
            "不能登录",
            "谢谢",
            "도와주세요",
            "ขอบคุณ",
            "γεια σας",
            "שלום",
            "شكرا",
            "मदद",
        ] {
            assert_eq!(english().judge(text), Foreign::Surely, "{text}");
        }
        for text in [
            "ok",
            "Danke!",
            "The proof for our Jahresbericht is fine, thank you, please print it as soon as the press is free again.",
            "4711 0815 !!! ???",
            "谢",
            "",
        ] {
            assert_eq!(english().judge(text), Foreign::No, "{text}");
        }
        assert_eq!(
            Languages::new(&["xx".to_owned()]).judge("Печать остановилась, нужна помощь"),
            Foreign::No
        );
        assert_eq!(Languages::default().judge("Печать остановилась, нужна помощь"), Foreign::No);
    }

    #[test]
    fn a_few_words_make_another_language_likely() {
        for text in [
            "Bitte rufen Sie mich zurück",
            "¿Dónde está mi pedido?",
            "la facture est fausse",
            "kunt u mij terugbellen",
            "non riesco ad accedere",
            "onde está o meu pedido",
            "gdzie jest moja paczka",
        ] {
            assert_eq!(english().judge(text), Foreign::Likely, "{text}");
        }
        for text in ["where is my order please", "Bitte rufen", "the Müller order is late again"] {
            assert_eq!(english().judge(text), Foreign::No, "{text}");
        }
    }

    /// Of languages that n-grams do not have, only long texts are judged, by trigrams.
    #[test]
    fn a_model_of_another_language_calls_its_own_texts_known() {
        let polish = Languages::new(&["pl".to_owned()]);
        let text =
            "Drukarka nie działa od rana i nikt nie odbiera telefonu, proszę o pilną pomoc w tej sprawie.";
        assert_eq!(polish.judge(text), Foreign::No);
        let german = "Die Druckmaschine steht seit heute Morgen still und wir brauchen dringend jemanden, \
            der sie ansieht.";
        assert_eq!(polish.judge(german), Foreign::Surely);
        assert_eq!(polish.judge("Bitte rufen Sie mich zurück"), Foreign::No);
    }
}
