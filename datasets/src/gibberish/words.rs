//! Gibberish of words: real ones without an order, and ones that no language has.

use super::letters::{invented, syllable};
use super::{joined, shouted};
use crate::rng::Rng;

/// Common and uncommon words of every class, none of them telling of a desk's work.
const WORDS: &str = "\
    above acorn across afternoon almost ancient and anvil apple ash at autumn away badger balloon barley \
    because beetle below bitter blanket blue bone bridge brisk but candle carrot castle cello chalk cheese \
    chimney cinnamon clay cloud cobweb copper crawl crooked daisy dance desert dim distant dragon drift \
    drum eagle echo eleven elbow empty even falls feather fern fifty flute fog for forest forgets fox \
    frozen garlic gentle ginger glacier goat grape green grows gull hammer harp hedge heron hollow honey \
    if in inside iron island ivory jelly jumps kettle kite ladder lantern laughs lemon lichen linen loud \
    magnet maple marble meadow melts mirror moss mountain mustard narrow near needle never nine oak oats \
    of often onion or orbit otter over owl paints pebble pepper pillow planet plum pond porridge purple \
    quiet quilt rabbit rain raven red ribbon river round sand seldom seven shadow sings sister sleeps slow \
    snow soft spoon square star stone swims tall teapot than the thunder tiger to tower trumpet tulip \
    turnip under until velvet violin walnut whale when whistle window yellow zebra";
const ROOTS: &str = "\
    lor ips dol am cons ad el sed temp lab magn al ven nostr ull nis comm dui rur vol cill fug null par \
    sint occ cup prod culp off mol est fac grav urn vest torq sem pell orn";
const ENDINGS: &str = "um us a or et is it em ibus orem ectur ore iam unt atis ate enim endi ula as o ium";
/// What is accented in the words that mojibake is made of.
const ACCENTED: &str = "äöüßéèêàçñáíóúãõøåæœşğıčšžřłąęățćőűЖиядщλπω日本語한국“”’–…€";
/// Windows-1252's characters for the bytes 0x80 to 0x9F; `?` where it has none.
const WINDOWS: &str = "€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ";

fn word(rng: &mut Rng, of: &'static str) -> &'static str {
    rng.pick(&of.split(' ').collect::<Vec<_>>())
}

pub(super) fn salad(rng: &mut Rng) -> String {
    let count = rng.within(2..=18);
    let mut text = joined(count, " ", |_| word(rng, WORDS).to_owned());
    if rng.once_in(3) {
        text.push_str(rng.pick(&[".", "?", "!", ","]));
    }
    shouted(rng, 10, text)
}

pub(super) fn repeated(rng: &mut Rng) -> String {
    let few = rng.within(1..=2);
    let group =
        joined(few, " ", |_| if rng.once_in(3) { syllable(rng) } else { word(rng, WORDS).to_owned() });
    let between = rng.pick(&[" ", " ", ", ", "-"]);
    let times = rng.within(3..=14);
    let text = vec![group; times].join(between);
    shouted(rng, 6, text)
}

pub(super) fn lorem(rng: &mut Rng) -> String {
    let sentences = rng.within(1..=3);
    joined(sentences, " ", |_| {
        let count = rng.within(3..=11);
        let words = joined(count, " ", |_| {
            let middle = if rng.once_in(4) { word(rng, ROOTS) } else { "" };
            format!("{}{middle}{}", word(rng, ROOTS), word(rng, ENDINGS))
        });
        let (first, rest) = words.split_at(1);
        format!("{}{rest}.", first.to_uppercase())
    })
}

pub(super) fn mojibake(rng: &mut Rng) -> String {
    let accented: Vec<char> = ACCENTED.chars().collect();
    let count = rng.within(1..=7);
    let words = joined(count, " ", |_| {
        let mut word: Vec<char> = invented(rng).chars().collect();
        for _ in 0..rng.within(1..=4) {
            let place = rng.below(word.len() + 1);
            word.insert(place, rng.pick(&accented));
        }
        word.into_iter().collect()
    });
    if rng.once_in(4) {
        return words.chars().map(|c| if c.is_ascii() { c } else { '\u{FFFD}' }).collect();
    }
    let windows: Vec<char> = WINDOWS.chars().collect();
    let wrong = |byte: u8| match byte {
        0x80..=0x9F => windows[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    words.bytes().map(wrong).collect()
}
