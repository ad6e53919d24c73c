//! What the generator of gibberish promises for every seed.

use frontdesk_datasets::gibberish::{Gibberish, Kind, MAX_CHARS, generate};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Holds<'a> = &'a dyn Fn(&str) -> bool;

fn by_kind(texts: &[Gibberish]) -> BTreeMap<Kind, Vec<&str>> {
    let mut kinds: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
    for one in texts {
        kinds.entry(one.kind).or_default().push(&one.text);
    }
    kinds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_seed_gives_the_same_texts(seed: u64, count in 1_usize..120) {
        let texts = generate(seed, count);
        prop_assert_eq!(&texts, &generate(seed, count));
        prop_assert_eq!(texts.len(), count);
        prop_assert_eq!(&texts[..count / 2], &generate(seed, count / 2)[..], "a shorter run is a beginning");
        prop_assert_ne!(generate(seed, 40), generate(seed ^ 1, 40));
    }

    #[test]
    fn every_kind_occurs_and_no_text_is_blank_long_or_there_twice(seed: u64) {
        let texts = generate(seed, Kind::ALL.len() * 12);
        let kinds = by_kind(&texts);
        prop_assert_eq!(kinds.len(), Kind::ALL.len());
        prop_assert!(kinds.values().all(|texts| texts.len() == 12), "the kinds in turn");
        for one in &texts {
            let length = one.text.chars().count();
            prop_assert!((1..=MAX_CHARS).contains(&length), "{:?}", one);
            prop_assert_eq!(one.text.trim(), &one.text);
        }
        let different: BTreeSet<&str> = texts.iter().map(|one| one.text.as_str()).collect();
        prop_assert_eq!(different.len(), texts.len());
    }

    #[test]
    fn kinds_are_what_they_are_called(seed: u64) {
        let texts = generate(seed, Kind::ALL.len() * 12);
        let kinds = by_kind(&texts);
        let all = |kind: Kind, holds: Holds<'_>| {
            let other = kinds[&kind].iter().find(|text| !holds(text));
            other.map_or(Ok(()), |text| Err(format!("{kind}: {text}")))
        };
        let vowel = |c: char| "aeiouAEIOU".contains(c);
        let holds: [(Kind, Holds<'_>); 9] = [
            (Kind::Consonants, &|text| !text.contains(vowel)),
            (Kind::Single, &|text| text.chars().count() <= 4),
            (Kind::Punctuation, &|text| !text.contains(char::is_alphanumeric)),
            (Kind::Emoji, &|text| !text.is_ascii() && !text.contains(char::is_alphanumeric)),
            (Kind::Mojibake, &|text| !text.is_ascii()),
            (Kind::Digits, &|text| text.trim_start_matches(['-', '+', '#']).parse::<f64>().is_ok()),
            (Kind::Uuid, &|text| text.matches('-').count() >= 4),
            (Kind::Url, &|text| text.contains('.') && !text.contains(' ')),
            (Kind::Json, &|text| text.starts_with(['{', '['])),
        ];
        for (kind, holds) in holds {
            prop_assert_eq!(all(kind, holds), Ok(()));
        }
    }
}

#[test]
fn lengths_reach_from_one_character_to_the_most() {
    let texts = generate(5, 4000);
    let lengths: BTreeSet<usize> = texts.iter().map(|one| one.text.chars().count()).collect();
    assert_eq!(lengths.first(), Some(&1));
    assert_eq!(lengths.last(), Some(&MAX_CHARS));
    assert!(lengths.len() > 150, "{} different lengths", lengths.len());
    assert_eq!(texts.len(), 4000, "small kinds are used up, the others go on");
}
