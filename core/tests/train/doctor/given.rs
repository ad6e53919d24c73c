//! Rows with nothing wrong, and helpers that look into a diagnosis.

use frontdesk::doctor::{
    DataFile, Diagnosis, DoctorOptions, Examination, Finding, FindingKind, FindingRow, Split, examine,
};
use frontdesk::table::Labelled;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

/// Parts of a message, one of each line makes one.
const PARTS: [&str; 5] = [
    "my brother|the printer|our new colleague|a driver of yours|somebody in the office|the whole team|your last letter|\
     this morning's mail|the head of sales|one of our clients|the museum|her assistant|the shop next door|nobody here",
    "has asked about|could not find|would like to change|was very pleased with|complained about|is still looking for|\
     forgot to mention|wants to see|never received|sent back|will have to pay for|already checked|does not agree with",
    "the second invoice|those blue folders|an address in Leeds|both paper samples|the colour of the cover|every page of \
     the proof|twenty framed posters|the terms of delivery|a parcel without a stamp|the numbers on the tickets|our summer menu",
    "before the weekend|in the middle of May|after a long phone call|without saying a word|at the fair in June|during the \
     night shift|on the way to work|while I was abroad|until late in the evening|for the third time|as far as I know",
    "so please write to us|which is why I am asking|and we would be grateful for help|but there is no hurry|and that \
     should be enough|or is there another way|because people are waiting|if this is all right with you|and thanks again",
];

/// A message; of the parts, given by their places in each line.
pub(super) fn message(parts: [usize; 5]) -> String {
    let part = |(line, part): (&&str, usize)| line.split('|').nth(part).unwrap().to_owned();
    PARTS.iter().zip(parts).map(part).collect::<Vec<_>>().join(" ")
}

pub(super) fn any_parts(random: &mut StdRng) -> [usize; 5] {
    PARTS.map(|line| random.random_range(0..line.split('|').count()))
}

/// So many messages that share two parts of five at most.
pub(super) fn messages(count: usize, seed: u64) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut chosen: Vec<[usize; 5]> = Vec::new();
    while chosen.len() < count {
        let parts = any_parts(&mut random);
        let shared = |other: &[usize; 5]| parts.iter().zip(other).filter(|(a, b)| a == b).count();
        if chosen.iter().all(|other| shared(other) <= 2) {
            chosen.push(parts);
        }
    }
    chosen.into_iter().map(message).collect()
}

/// So many rows of two labels with nothing wrong.
pub(super) fn good(count: usize, seed: u64) -> Vec<Labelled> {
    labelled(
        &messages(count, seed).into_iter().zip(["calm", "cross"].into_iter().cycle()).collect::<Vec<_>>(),
    )
}

/// Two files with nothing wrong.
pub(super) fn good_files(train: usize, valid: usize, seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
    let mut rows = good(train + valid, seed);
    let mut rest = rows.split_off(train);
    rest.iter_mut().zip(2..).for_each(|(row, line)| row.place = frontdesk::table::Place::Line(line));
    (rows, rest)
}

pub(super) fn labelled<T: AsRef<str>, L: AsRef<str>>(pairs: &[(T, L)]) -> Vec<Labelled> {
    let row = |(i, (text, label)): (usize, &(T, L))| Labelled {
        place: frontdesk::table::Place::Line(i as u64 + 2),
        text: text.as_ref().to_owned(),
        label: label.as_ref().to_owned(),
    };
    pairs.iter().enumerate().map(row).collect()
}

pub(super) fn of<'a>(train: &'a [Labelled], valid: Option<&'a [Labelled]>) -> Examination<'a> {
    Examination { train: Split::new(train), valid: valid.map(Split::new), labels: &[], max_tokens: None }
}

pub(super) fn diagnose(train: &[Labelled], valid: Option<&[Labelled]>) -> Diagnosis {
    examine(&of(train, valid), &DoctorOptions::default(), &|_| Ok(())).unwrap()
}

pub(super) fn kinds(diagnosis: &Diagnosis) -> Vec<FindingKind> {
    diagnosis.findings.iter().map(|finding| finding.kind).collect()
}

pub(super) fn find(diagnosis: &Diagnosis, kind: FindingKind) -> &Finding {
    let found: Vec<&Finding> = diagnosis.findings.iter().filter(|finding| finding.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind:?}: {:?}", kinds(diagnosis));
    found[0]
}

pub(super) fn lines(finding: &Finding) -> Vec<u64> {
    finding.rows.iter().map(|row| row.line).collect()
}

pub(super) fn pair(row: &FindingRow) -> ((DataFile, u64), (DataFile, u64)) {
    let other = row.other.unwrap();
    ((row.file, row.line), (other.file, other.line))
}

/// In any case, with other punctuation and numbers.
pub(super) fn disguised(text: &str) -> String {
    format!("#4411: {}!!", text.to_uppercase().replace(' ', ",  "))
}

/// A number of a normal distribution, about: the sum of twelve uniform ones (Irwin-Hall).
pub(super) fn normal(random: &mut StdRng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

/// Points about so many centres, with their class.
pub(super) fn blobs(rows: usize, classes: usize, width: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<usize>) {
    let mut random = StdRng::seed_from_u64(seed);
    let centres: Vec<Vec<f32>> =
        (0..classes).map(|_| (0..width).map(|_| 2.0 * normal(&mut random)).collect()).collect();
    let labels: Vec<usize> = (0..rows).map(|_| random.random_range(0..classes)).collect();
    let point = |&label: &usize| centres[label].iter().map(|c| 30.0 + c + normal(&mut random)).collect();
    (labels.iter().map(point).collect(), labels)
}

/// Rows with something wrong of most sorts.
pub(super) fn troubled(seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
    let (mut train, mut valid) = good_files(160, 20, seed);
    for i in 0..8 {
        train[100 + i].text = format!("{} tomorrow", train[i].text);
        let label = train[i].label.clone();
        train[100 + i].label = label;
        valid[i].text.clone_from(&train[20 + i].text);
        let text = train[40 + i].text.clone();
        train[120 + i].text = text;
        train[120 + i].label = "calm".into();
    }
    train[159].label = "alone".into();
    train[158].text = GERMAN.into();
    (train, valid)
}

pub(super) fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// More letters than a language needs to be told.
pub(super) const GERMAN: &str = "Guten Tag, die Lieferung ist leider immer noch nicht bei uns angekommen, und niemand beantwortet \
    unsere Briefe. Können Sie bitte nachsehen, wo sie geblieben ist?";
