//! The words and phrases that the scorer knows, by topic.

use crate::Topic;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::stem;

/// The words and phrases of every topic. They are stemmed as the message is, so that one form covers all.
const LEXICON: [(Topic, &str); 7] = [
    (
        Topic::HowTo,
        "how to, how do, how can, how could, how would, how should, how is, how are, how does, how long, how many, \
         how much, how often, howto, where do, where can, where is, where are, what is, what are, whats the, \
         what does, when is, when does, when will, which one, is it possible, is there a way, can you explain, \
         could you explain, explain, tutorial, instructions, documentation, guide me, user guide, do you offer, \
         do you have, do you support, opening hours",
    ),
    (
        Topic::Visual,
        "layout, color, colour, font, typeface, align, alignment, misaligned, screen, screenshot, screen share, \
         share my screen, click, button, menu, toolbar, dropdown, checkbox, dashboard, display, preview, pixel, \
         pixelated, blurry, logo, icon, image, picture, photo, artwork, design, template, margin, bleed, crop, \
         resize, rotate, drag, scroll, zoom, thumbnail, header, footer, css, show me, walk me through, \
         step by step, cant find, cannot find, cant see, cannot see, where to click, looks wrong, looks different",
    ),
    (
        Topic::Fault,
        "error, crash, bug, broken, broke, fail, failure, freeze, frozen, froze, hang, stuck, glitch, timeout, \
         times out, timed out, exception, corrupt, malfunction, defect, faulty, unable, not working, not work, \
         no longer works, stopped working, stops working, doesnt work, dont work, wont work, wont load, wont open, \
         wont start, wont print, wont connect, wont let, not loading, not responding, not opening, not printing, \
         not saving, not sending, not showing, does not open, does not load, doesnt open, doesnt load, cant log, \
         cannot log, cant login, cannot login, cant upload, cannot upload, cant open, cannot open, cant save, \
         cant connect, cannot connect, cant access, cannot access, rejected, refuses, keeps saying, disappeared, \
         vanished, blank page, black screen, white screen, blue screen, disconnect, misprint, bounced, garbled",
    ),
    (
        Topic::Emergency,
        "urgent, urgently, emergency, asap, immediately, blocked, blocker, outage, halted, standstill, is down, are down, went down, site down, server down, system down, right now, right away, \
         at once, this minute, within the hour, critical, deadline, disaster, catastrophe, stop the press, \
         stop it, has stopped, have stopped, production stopped, line stopped, \
         production is blocked, production is down, stop everything, leaking, leak, fire, flooded, breach, breached, hacked, stolen, data loss, \
         dangerous, injured, stranded, losing money, lost everything, help now",
    ),
    (
        Topic::Money,
        "invoice, refund, charged, overcharged, payment, billing, bill, contract, legal, lawyer, solicitor, sue, \
         penalty, subscription, renewal, cancel my, cancel our, cancellation, chargeback, compensation, \
         dispute, pricing, discount, credit note, reimburse, reimbursement, warranty, liability, lawsuit, fraud, \
         money back, pay for, paid for, credit card, debit card, purchase order",
    ),
    (
        Topic::Emotion,
        "angry, furious, livid, frustrated, frustrating, frustration, annoyed, annoying, unacceptable, ridiculous, \
         terrible, horrible, awful, appalling, outrageous, pathetic, useless, incompetent, worst, disgusted, \
         disgusting, disgrace, disgraceful, disappointed, disappointing, upset, worried, panicking, panic, \
         desperate, hate, fed up, sick of, sick and tired, had enough, not happy, unhappy, not acceptable, \
         waste of time, wasted, a joke, complain, complaint, rude, insulting, ignored, ignoring, shambles, \
         rubbish, nonsense, shame on, last straw, never again, wtf, nobody answers, nobody cares, no one answers",
    ),
    (
        Topic::Courtesy,
        "hello, hi, hey, greetings, good morning, good afternoon, good evening, thanks, thank you, thankyou, thx, \
         cheers, much appreciated, appreciate, grateful, checking in, check in, touching base, saying hi, \
         kind regards, have a nice, have a good, great job, great work, good job, well done, perfect, lovely, \
         wonderful, brilliant, fantastic, excellent, amazing, happy with, delighted, love it, no rush, no hurry, \
         no worries, happy holidays, happy new year, merry christmas, congratulations",
    ),
];

/// Words and phrases for a step that was already tried.
const ATTEMPTS: &str = "tried, retried, restarted, rebooted, reinstalled, cleared the, cleared my, reconnected, \
                        cleaned, logged out and, another browser, different browser, another computer, turned it off";

/// Words that take a keyword's meaning away when they stand one or two words before it.
pub(super) const NEGATIONS: [&str; 12] =
    ["not", "no", "isnt", "arent", "wasnt", "never", "without", "nothing", "dont", "didnt", "hardly", "non"];

/// The longest phrase of the lexicon, in words.
pub(super) const LONGEST: usize = 4;

/// The meaning of an entry of the lexicon.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    Topic(Topic),
    Attempt,
}

/// The lexicon's entry for a stem, or for a phrase's stems with spaces between them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) entry: Option<Entry>,
    /// Whether phrases begin with it. Most words begin none, and cost one look-up.
    pub(super) begins: bool,
}

static STEMS: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let mut stems: HashMap<String, Known> = HashMap::new();
    let topics = LEXICON.into_iter().map(|(topic, list)| (Entry::Topic(topic), list));
    for (entry, list) in topics.chain([(Entry::Attempt, ATTEMPTS)]) {
        for phrase in list.split(',') {
            let words: Vec<&str> = phrase.split_whitespace().map(stem).collect();
            if let [first, _, ..] = words.as_slice() {
                stems.entry((*first).to_owned()).or_default().begins = true;
            }
            stems.entry(words.join(" ")).or_default().entry.get_or_insert(entry);
        }
    }
    stems
});

/// Looks up a stem, or a phrase of stems, and returns its key with its entry.
pub(super) fn look_up(key: &str) -> Option<(&'static str, Known)> {
    STEMS.get_key_value(key).map(|(key, known)| (key.as_str(), *known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_fit_the_window() {
        assert!(STEMS.keys().all(|key| key.split(' ').count() <= LONGEST));
    }
}
