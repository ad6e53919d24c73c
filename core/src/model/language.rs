//! Detection of a text's script and language.

use whatlang::{Lang, Script, detect};

/// The fewest letters of a text whose language is detected: trigrams are not reliable for shorter texts.
const LETTERS: usize = 60;
/// The fewest letters of a text whose script is detected.
const SCRIPT_LETTERS: usize = 10;
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

pub(crate) fn look(text: &str) -> Written {
    let text = head(text);
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < SCRIPT_LETTERS {
        return Written::default();
    }
    let Some(info) = detect(text) else { return Written::default() };
    let sure = letters >= LETTERS && info.is_reliable();
    Written { script: Some(info.script()), lang: sure.then(|| info.lang()) }
}

/// Whether either half of the text, taken alone, is in the language of the whole: a chance likeness of
/// trigrams is not.
pub(crate) fn halves_agree(text: &str, lang: Lang) -> bool {
    let text = head(text);
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(middle, _)| middle);
    let cut = text[middle..].find(char::is_whitespace).map_or(middle, |space| middle + space);
    [&text[..cut], &text[cut..]].iter().all(|half| detect(half).is_some_and(|half| half.lang() == lang))
}

/// The languages that a model knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Languages(Vec<Lang>);

impl Languages {
    /// Languages by their codes of ISO 639-1 or 639-3. Where one of them cannot be detected, no text is
    /// called foreign.
    pub(crate) fn new(codes: &[String]) -> Self {
        let known: Option<Vec<Lang>> = codes.iter().map(|code| lang_of(code)).collect();
        Self(known.unwrap_or_default())
    }

    /// Whether the text is surely in another language: in a script that none of them has, or long enough for
    /// a reliable detection.
    pub(crate) fn are_foreign_to(&self, text: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let written = look(text);
        let other_script =
            written.script.is_some_and(|script| !self.0.iter().any(|lang| script.langs().contains(lang)));
        let other = written.lang.filter(|lang| !self.0.contains(lang));
        other_script || other.is_some_and(|lang| halves_agree(text, lang))
    }
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

    #[test]
    fn another_language_is_foreign_and_short_or_mixed_texts_are_not() {
        let english = Languages::new(&["en".to_owned()]);
        for text in [
            "Die Druckmaschine steht seit heute Morgen still und wir brauchen dringend jemanden, der sich das ansieht.",
            "Les couleurs de la brochure ne correspondent pas du tout à celles que nous avions validées la semaine dernière.",
            "印刷機が止まっています。すぐに誰かを呼んでください。",
            "Печать остановилась, нужна помощь",
        ] {
            assert!(english.are_foreign_to(text), "{text}");
        }
        for text in [
            "ok",
            "Danke!",
            "The proof for our Jahresbericht is fine, thank you, please print it as soon as the press is free again.",
            "4711 0815 !!! ???",
            "",
        ] {
            assert!(!english.are_foreign_to(text), "{text}");
        }
        assert!(!Languages::new(&["xx".to_owned()]).are_foreign_to("Печать остановилась, нужна помощь"));
        assert!(!Languages::default().are_foreign_to("Печать остановилась, нужна помощь"));
    }
}
