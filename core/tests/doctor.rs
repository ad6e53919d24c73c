//! The data doctor through the public face: what is planted is found, and what is not there is not.
#![cfg(feature = "train")]

use std::collections::BTreeSet;

use frontdesk::data::Labelled;
use frontdesk::doctor::{
    Diagnosis, DoctorOptions, Examination, File, Finding, Kind, Pointed, Severity, Split, Stage,
    cross_validated, examine, label_errors,
};
use frontdesk::{Error, ErrorKind};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
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
fn message(parts: [usize; 5]) -> String {
    let part = |(line, part): (&&str, usize)| line.split('|').nth(part).unwrap().to_owned();
    PARTS.iter().zip(parts).map(part).collect::<Vec<_>>().join(" ")
}

fn any_parts(random: &mut StdRng) -> [usize; 5] {
    PARTS.map(|line| random.random_range(0..line.split('|').count()))
}

/// So many messages that share two parts of five at most.
fn messages(count: usize, seed: u64) -> Vec<String> {
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
fn good(count: usize, seed: u64) -> Vec<Labelled> {
    labelled(
        &messages(count, seed).into_iter().zip(["calm", "cross"].into_iter().cycle()).collect::<Vec<_>>(),
    )
}

/// Two files with nothing wrong.
fn good_files(train: usize, valid: usize, seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
    let mut rows = good(train + valid, seed);
    let mut rest = rows.split_off(train);
    rest.iter_mut().zip(2..).for_each(|(row, line)| row.line = line);
    (rows, rest)
}

fn labelled<T: AsRef<str>, L: AsRef<str>>(pairs: &[(T, L)]) -> Vec<Labelled> {
    let row = |(i, (text, label)): (usize, &(T, L))| Labelled {
        line: i as u64 + 2,
        text: text.as_ref().to_owned(),
        label: label.as_ref().to_owned(),
    };
    pairs.iter().enumerate().map(row).collect()
}

fn of<'a>(train: &'a [Labelled], valid: Option<&'a [Labelled]>) -> Examination<'a> {
    Examination { train: Split::new(train), valid: valid.map(Split::new), labels: &[], max_tokens: None }
}

fn diagnose(train: &[Labelled], valid: Option<&[Labelled]>) -> Diagnosis {
    examine(&of(train, valid), &DoctorOptions::default(), &|_| Ok(())).unwrap()
}

fn kinds(diagnosis: &Diagnosis) -> Vec<Kind> {
    diagnosis.findings.iter().map(|finding| finding.kind).collect()
}

fn find(diagnosis: &Diagnosis, kind: Kind) -> &Finding {
    let found: Vec<&Finding> = diagnosis.findings.iter().filter(|finding| finding.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind:?}: {:?}", kinds(diagnosis));
    found[0]
}

fn lines(finding: &Finding) -> Vec<u64> {
    finding.rows.iter().map(|row| row.place.line).collect()
}

fn pair(row: &Pointed) -> ((File, u64), (File, u64)) {
    let other = row.other.unwrap();
    ((row.place.file, row.place.line), (other.file, other.line))
}

/// In any case, with other punctuation and numbers.
fn disguised(text: &str) -> String {
    format!("#4411: {}!!", text.to_uppercase().replace(' ', ",  "))
}

#[test]
fn good_rows_are_left_alone() {
    let (train, valid) = good_files(150, 30, 1);
    let diagnosis = diagnose(&train, Some(&valid));
    assert_eq!(diagnosis.findings, [], "{:?}", kinds(&diagnosis));
    assert!(!diagnosis.stops());
    assert_eq!((diagnosis.rows.train, diagnosis.rows.valid), (150, 30));
    let counts: Vec<_> = diagnosis.labels.iter().map(|l| (l.label.as_str(), l.train, l.valid)).collect();
    assert_eq!(counts, [("calm", 75, 15), ("cross", 75, 15)]);
    assert_eq!(diagnosis.languages[0].language, "eng");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_planted_copy_is_found_wherever_it_stands(
        seed in 0_u64..1000, source in 0_usize..80, target in 0_usize..80, way in 0..4, across in any::<bool>(),
    ) {
        prop_assume!(across || source < target);
        let (mut train, mut valid) = good_files(80, 80, seed);
        let text = &train[source].text;
        let copy = match way {
            0 => text.clone(),
            1 => format!("  {}\n", text.replace(' ', "  ")),
            2 => disguised(text),
            _ => format!("{text} tomorrow"),
        };
        let target = if across { &mut valid[target] } else { &mut train[target] };
        target.text = copy;
        target.label = if source % 2 == 0 { "calm" } else { "cross" }.to_owned();
        let line = target.line;
        let diagnosis = diagnose(&train, Some(&valid));
        let kind = match (across, way) {
            (true, _) => Kind::Leak,
            (false, 0 | 1) => Kind::Duplicate,
            (false, _) => Kind::NearDuplicate,
        };
        prop_assert_eq!(kinds(&diagnosis), [kind]);
        let found = &diagnosis.findings[0];
        let file = if across { File::Valid } else { File::Train };
        prop_assert_eq!(found.rows.len(), 1);
        prop_assert_eq!(pair(&found.rows[0]), ((file, line), (File::Train, source as u64 + 2)));
        let similarity = found.rows[0].similarity.unwrap();
        let right = if way == 3 { (0.7..1.0).contains(&similarity) } else { similarity > 0.9999 };
        prop_assert!(right, "{}", similarity);
        prop_assert_eq!(diagnosis.stops(), across);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(seed in 0_u64..1000) {
        let mut random = StdRng::seed_from_u64(seed);
        let (mut train, valid) = troubled(seed);
        let before = diagnose(&train, Some(&valid));
        train.shuffle(&mut random);
        prop_assert_eq!(&diagnose(&train, Some(&valid)), &before);
        // With new lines for the rows, the same texts are pairs.
        let texts = |train: &[Labelled], diagnosis: &Diagnosis| -> BTreeSet<BTreeSet<String>> {
            let text = |line: u64| train.iter().find(|row| row.line == line).unwrap().text.clone();
            let pair = |row: &Pointed| BTreeSet::from([text(row.place.line), text(row.other.unwrap().line)]);
            find(diagnosis, Kind::NearDuplicate).rows.iter().map(pair).collect()
        };
        let expected = texts(&train, &before);
        train.iter_mut().zip(2..).for_each(|(row, line)| row.line = line);
        prop_assert_eq!(texts(&train, &diagnose(&train, Some(&valid))), expected);
    }
}

/// Rows with something wrong of most sorts.
fn troubled(seed: u64) -> (Vec<Labelled>, Vec<Labelled>) {
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

#[test]
fn one_thread_and_three_write_the_same_bytes() {
    let (train, valid) = troubled(5);
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let diagnosis = pool.install(|| diagnose(&train, Some(&valid)));
        let mut rows = Vec::new();
        diagnosis.write_rows(&mut rows).unwrap();
        (serde_json::to_string(&diagnosis).unwrap(), rows)
    };
    let (one, three) = (bytes(1), bytes(3));
    assert!(one.1.len() > 1000);
    assert_eq!(one, three);
}

#[test]
fn a_row_is_a_pair_with_the_most_alike_and_told_once() {
    let text = &good(1, 3)[0].text;
    let near = format!("{text} tomorrow");
    let mut pairs =
        vec![(text.as_str(), "a"), (&near, "a"), (text, "a"), (text, "b"), (&near, "a"), (text, "a")];
    let fill = good(60, 9);
    pairs.extend(fill.iter().map(|row| (row.text.as_str(), if row.line % 2 == 0 { "a" } else { "b" })));
    let diagnosis = diagnose(&labelled(&pairs), None);
    let pairs =
        |kind| find(&diagnosis, kind).rows.iter().map(|row| (row.place.line, row.other.unwrap().line));
    assert_eq!(pairs(Kind::Duplicate).collect::<Vec<_>>(), [(4, 2), (6, 3), (7, 2)]);
    assert_eq!(pairs(Kind::NearDuplicate).collect::<Vec<_>>(), [(3, 2)]);
    assert_eq!(pairs(Kind::ConflictingLabels).collect::<Vec<_>>(), [(3, 5), (5, 2), (6, 5), (7, 5)]);
    assert_eq!(find(&diagnosis, Kind::ConflictingLabels).severity, Severity::Warn);
}

#[test]
fn sets_of_labels_conflict_where_they_differ() {
    let mut rows = good(60, 4);
    let text = rows[0].text.clone();
    rows.iter_mut()
        .zip(["calm|cross", "calm", "cross", ""].iter().cycle())
        .for_each(|(row, l)| row.label = (*l).into());
    rows[7].text.clone_from(&text);
    rows[7].label = "cross|calm".into();
    rows[9].text.clone_from(&text);
    rows[9].label = "cross".into();
    let multi = DoctorOptions { multi_label: true, ..DoctorOptions::default() };
    let diagnosis = examine(&of(&rows, None), &multi, &|_| Ok(())).unwrap();
    assert_eq!(lines(find(&diagnosis, Kind::ConflictingLabels)), [11]);
    assert_eq!(lines(find(&diagnosis, Kind::Duplicate)), [9]);
    let labels: Vec<&str> = diagnosis.labels.iter().map(|count| count.label.as_str()).collect();
    assert_eq!(labels, ["calm", "cross"]);
    // As single labels, the two orders are two labels.
    assert_eq!(lines(find(&diagnose(&rows, None), Kind::ConflictingLabels)), [9, 11]);
}

#[test]
fn crowds_of_look_alikes_are_capped_and_said() {
    let mut random = StdRng::seed_from_u64(6);
    let common = messages(2, 6).join(", ");
    let crowd = |_: usize| (format!("{common} {}", message(any_parts(&mut random))), "a");
    let mut pairs: Vec<(String, &str)> = (0..1500).map(crowd).collect();
    let (near, source) = (format!("{} tomorrow", pairs[1200].0), 1202);
    pairs.push((near, "a"));
    pairs.extend(good(40, 7).into_iter().map(|row| (row.text, "b")));
    let diagnosis = diagnose(&labelled(&pairs), None);
    let capped = find(&diagnosis, Kind::UncomparedText);
    assert!((100..=1501).contains(&capped.count) && capped.severity == Severity::Note, "{}", capped.message);
    assert!(find(&diagnosis, Kind::NearDuplicate).rows.iter().any(|row| pair(row).1.1 == source));
    // What differs in its numbers alone is one text, and crowds nothing.
    let numbered: Vec<(String, &str)> =
        (0..1500).map(|i| (format!("Order {i} is late"), ["a", "b"][i % 2])).collect();
    let diagnosis = diagnose(&labelled(&numbered), None);
    assert_eq!(kinds(&diagnosis), [Kind::ConflictingLabels, Kind::NearDuplicate]);
    assert_eq!(diagnosis.findings[1].count, 1498);
}

#[test]
fn classes_that_cannot_be_learnt_are_named() {
    let none = diagnose(&[], Some(&[]));
    assert_eq!((kinds(&none), none.stops()), (vec![Kind::NoRows, Kind::NoRows], true));
    let mut rows = good(60, 8);
    for row in &mut rows {
        row.label = "calm".into();
    }
    let one = diagnose(&rows, None);
    assert_eq!((kinds(&one), one.stops()), (vec![Kind::OneClass], true));
    rows.iter_mut().take(30).for_each(|row| row.label = "cross".into());
    rows[3].label = "alone".into();
    rows[5].label = "few".into();
    rows[4].label = "few".into();
    let (_, mut valid) = good_files(60, 9, 8);
    valid[2].label = "new".into();
    let diagnosis = diagnose(&rows, Some(&valid));
    assert_eq!(kinds(&diagnosis), [Kind::UnknownLabel, Kind::TinyClass, Kind::TinyClass]);
    let told: Vec<_> =
        diagnosis.findings.iter().map(|f| (f.severity, f.labels.join(","), lines(f))).collect();
    let expected = [
        (Severity::Warn, "new".to_owned(), vec![4]),
        (Severity::Warn, "alone".to_owned(), vec![5]),
        (Severity::Note, "few".to_owned(), vec![6, 7]),
    ];
    assert_eq!(told, expected);
    let options = DoctorOptions { tiny_class: 2, ..DoctorOptions::default() };
    let diagnosis = examine(&of(&rows, None), &options, &|_| Ok(())).unwrap();
    assert_eq!(kinds(&diagnosis), [Kind::TinyClass]);
}

#[test]
fn empty_and_long_texts_are_pointed_at() {
    let (mut train, valid) = good_files(40, 4, 11);
    train[7].text = " \n\t".into();
    train[9].text = "\u{200b}\u{feff}\u{ad}".into();
    let mut tokens = vec![16; 40];
    tokens[5] = 257;
    tokens[6] = 256;
    train.swap(5, 30);
    tokens.swap(5, 30);
    let mut examination = of(&train, Some(&valid));
    examination.train.tokens = Some(&tokens);
    examination.valid.as_mut().unwrap().tokens = Some(&[9, 9, 9, 300]);
    examination.max_tokens = Some(256);
    let diagnosis = examine(&examination, &DoctorOptions::default(), &|_| Ok(())).unwrap();
    assert_eq!(kinds(&diagnosis), [Kind::EmptyText, Kind::OverLongText]);
    assert_eq!(lines(&diagnosis.findings[0]), [9, 11]);
    let long: Vec<_> =
        diagnosis.findings[1].rows.iter().map(|r| (r.place.file, r.place.line, r.tokens)).collect();
    assert_eq!(long, [(File::Train, 7, Some(257)), (File::Valid, 5, Some(300))]);
}

const GERMAN: &str = "Guten Tag, die Lieferung ist leider immer noch nicht bei uns angekommen, und niemand beantwortet \
    unsere Briefe. Können Sie bitte nachsehen, wo sie geblieben ist?";

const FRENCH: &str = "Bonjour, je n'ai toujours pas reçu ma commande et personne ne répond à mes messages. Pourriez-vous me \
    dire où elle se trouve ?";

#[test]
fn texts_in_another_language_are_found_where_it_can_be_told() {
    let mut train = good(60, 13);
    train[20].text = GERMAN.into();
    train[21].text =
        "Где мой заказ? Я жду уже вторую неделю, и никто не отвечает на мои письма, помогите!".into();
    train[22].text = "Vielen Dank!".into();
    train[24].text = FRENCH.into();
    let diagnosis = diagnose(&train, None);
    assert_eq!(kinds(&diagnosis), [Kind::LanguageOutlier]);
    let told: Vec<_> = diagnosis.findings[0].rows.iter().map(|r| (r.place.line, r.language)).collect();
    assert_eq!(told, [(22, Some("deu")), (23, None), (26, Some("fra"))]);
    // Where rows are in two languages, neither is foreign.
    let mixed = |(i, row): (usize, Labelled)| {
        let text = if i % 3 == 0 {
            format!("{} {GERMAN}", ["Nun", "Ach", "Doch", "Schon"][i / 3 % 4])
        } else {
            row.text
        };
        (text, row.label)
    };
    let mixed: Vec<(String, String)> = good(60, 14).into_iter().enumerate().map(mixed).collect();
    let diagnosis = diagnose(&labelled(&mixed), None);
    assert!(!kinds(&diagnosis).contains(&Kind::LanguageOutlier));
    assert_eq!((diagnosis.languages.len(), diagnosis.languages[1].language), (2, "deu"));
}

#[test]
fn words_that_give_a_label_away_are_named() {
    let with = |say: &dyn Fn(usize, &Labelled) -> String| {
        let mut rows = good(120, 15);
        let texts: Vec<String> = rows.iter().enumerate().map(|(i, row)| say(i, row)).collect();
        rows.iter_mut().zip(texts).for_each(|(row, text)| row.text = text);
        diagnose(&rows, None)
    };
    let cross = |row: &Labelled| row.label == "cross";
    let named = with(&|i, row| {
        if cross(row) && i % 3 > 0 { format!("{} Cross!", row.text) } else { row.text.clone() }
    });
    assert_eq!(kinds(&named), [Kind::LabelInText]);
    assert_eq!((named.findings[0].labels.join(""), named.findings[0].count), ("cross".to_owned(), 40));
    let everywhere = with(&|_, row| format!("{} cross", row.text));
    assert_eq!(kinds(&everywhere), []);
    let word = with(&|i, row| {
        if cross(row) && i % 10 != 1 { format!("{} zz7", row.text) } else { row.text.clone() }
    });
    assert_eq!(kinds(&word), [Kind::Giveaway]);
    assert!(word.findings[0].message.contains("the word `zz7`"), "{}", word.findings[0].message);
    assert_eq!(word.findings[0].count, 48);
    let start = with(&|_, row| {
        if cross(row) { format!("For you: {}", row.text) } else { format!("{} for you", row.text) }
    });
    assert_eq!(kinds(&start), [Kind::Giveaway]);
    assert!(start.findings[0].message.contains("the beginning `for"), "{}", start.findings[0].message);
    let rare =
        with(&|i, row| if cross(row) && i % 10 < 6 { format!("{} zz7", row.text) } else { row.text.clone() });
    assert_eq!(kinds(&rare), []);
    let both =
        with(&|i, row| if cross(row) || i % 6 == 0 { format!("{} zz7", row.text) } else { row.text.clone() });
    assert_eq!(kinds(&both), []);
}

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/label_errors.json")).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// The values come from cleanlab (golden/make_label_errors.py).
#[test]
fn label_errors_are_those_of_cleanlab() {
    let golden = &golden()["single"];
    let (probabilities, labels): (Vec<Vec<f32>>, Vec<usize>) =
        (read(&golden["probabilities"]), read(&golden["labels"]));
    let found = label_errors(&probabilities, &labels).unwrap();
    let thresholds: Vec<f64> = read(&golden["thresholds"]);
    assert!(found.thresholds.iter().zip(&thresholds).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    assert_eq!(found.joint, read::<Vec<Vec<usize>>>(&golden["joint"]));
    let rows = |rows: &[usize]| rows.iter().copied().collect::<BTreeSet<_>>();
    let (ours, theirs) = (
        found.errors.iter().map(|error| error.row).collect::<Vec<_>>(),
        read::<Vec<usize>>(&golden["errors"]),
    );
    assert_eq!(rows(&ours), rows(&theirs));
    // The same order, but for equal margins.
    let margin = |row: &usize| {
        let p = &probabilities[*row];
        let others = (0..p.len()).filter(|&k| k != labels[*row]).map(|k| p[k]);
        p[labels[*row]] - others.fold(0.0, f32::max)
    };
    assert_eq!(ours.iter().map(margin).collect::<Vec<_>>(), theirs.iter().map(margin).collect::<Vec<_>>());
    assert!(found.errors.iter().all(
        |error| error.margin.to_bits() == margin(&error.row).to_bits() && error.suggested != error.given
    ));
}

/// The values come from cleanlab (golden/make_label_errors.py).
#[test]
fn wrong_labels_of_a_set_are_those_of_cleanlab() {
    let golden = &golden()["multi"];
    let names = ["a", "b", "c"].map(str::to_owned);
    let join = |labels: &[usize]| labels.iter().map(|&l| names[l].as_str()).collect::<Vec<_>>().join("|");
    let sets: Vec<Vec<usize>> = read(&golden["labels"]);
    let probabilities: Vec<Vec<f32>> = read(&golden["probabilities"]);
    let mut rows = good(sets.len(), 16);
    rows.iter_mut().zip(&sets).for_each(|(row, set)| row.label = join(set));
    let mut examination = of(&rows, None);
    examination.train.probabilities = Some(&probabilities);
    examination.labels = &names;
    let options = DoctorOptions { multi_label: true, ..DoctorOptions::default() };
    let diagnosis = examine(&examination, &options, &|_| Ok(())).unwrap();
    let found = find(&diagnosis, Kind::LikelyLabelError);
    let ours: BTreeSet<(usize, String)> =
        found.rows.iter().map(|r| (r.place.line as usize - 2, r.suggested.clone().unwrap())).collect();
    let theirs = read::<Vec<(usize, Vec<usize>)>>(&golden["wrong"]).into_iter().map(|(row, flipped)| {
        let holds = |label: &usize| sets[row].contains(label) != flipped.contains(label);
        (row, join(&(0..3).filter(holds).collect::<Vec<_>>()))
    });
    assert_eq!(ours, theirs.collect());
    assert!(found.rows.is_sorted_by_key(|row| row.margin.unwrap()));
}

/// A number of a normal distribution, about: the sum of twelve uniform ones (Irwin-Hall).
fn normal(random: &mut StdRng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

/// Points about so many centres, with their class.
fn blobs(rows: usize, classes: usize, width: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<usize>) {
    let mut random = StdRng::seed_from_u64(seed);
    let centres: Vec<Vec<f32>> =
        (0..classes).map(|_| (0..width).map(|_| 2.0 * normal(&mut random)).collect()).collect();
    let labels: Vec<usize> = (0..rows).map(|_| random.random_range(0..classes)).collect();
    let point = |&label: &usize| centres[label].iter().map(|c| 30.0 + c + normal(&mut random)).collect();
    (labels.iter().map(point).collect(), labels)
}

#[test]
fn planted_label_noise_is_mostly_recovered() {
    let (features, truth) = blobs(900, 4, 8, 1);
    let mut random = StdRng::seed_from_u64(2);
    let mut labels = truth.clone();
    for label in &mut labels {
        if random.random::<f32>() < 0.08 {
            *label = (*label + random.random_range(1..4)) % 4;
        }
    }
    let probabilities = cross_validated(&features, &labels, 4, 5, 3, &|_| Ok(())).unwrap();
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let mut rows = labelled(&vec![("", ""); 900]);
    rows.iter_mut().zip(&labels).for_each(|(row, &label)| row.label.clone_from(&names[label]));
    rows.reverse();
    let backwards: Vec<Vec<f32>> = probabilities.into_iter().rev().collect();
    let mut examination = of(&rows, None);
    examination.train.probabilities = Some(&backwards);
    examination.labels = &names;
    let diagnosis = examine(&examination, &DoctorOptions::default(), &|_| Ok(())).unwrap();
    let found = find(&diagnosis, Kind::LikelyLabelError);
    let right = |row: &&Pointed| row.suggested.as_ref() == Some(&names[truth[row.place.line as usize - 2]]);
    let recovered = found.rows.iter().filter(right).count();
    let planted = labels.iter().zip(&truth).filter(|(a, b)| a != b).count();
    assert!(recovered as f64 > 0.75 * planted as f64, "{recovered} of {planted}");
    assert!(recovered as f64 > 0.9 * found.count as f64, "{recovered} of {}", found.count);
}

/// Of two normal distributions of one variance, the posterior is known: log-odds are linear.
#[test]
fn cross_validation_comes_near_the_true_posterior() {
    let mut random = StdRng::seed_from_u64(4);
    let labels: Vec<usize> = (0..3000).map(|i| usize::from(i % 4 == 0)).collect();
    let point = |&label: &usize| {
        let shift = label as f32 - 0.5;
        vec![
            1.6 * shift + normal(&mut random),
            5.0 + 3.0 * normal(&mut random),
            shift + normal(&mut random),
            1.0,
        ]
    };
    let features: Vec<Vec<f32>> = labels.iter().map(point).collect();
    let probabilities = cross_validated(&features, &labels, 2, 5, 5, &|_| Ok(())).unwrap();
    let posterior = |x: &[f32]| 1.0 / (1.0 + 3.0 * (-1.6 * x[0] - x[2]).exp());
    let errors = features.iter().zip(&probabilities).map(|(x, p)| (p[1] - posterior(x)).abs());
    let mean = errors.sum::<f32>() / 3000.0;
    assert!(mean < 0.02, "{mean}");
    assert!(probabilities.iter().all(|p| (p.iter().sum::<f32>() - 1.0).abs() < 1e-5));
}

#[test]
fn cross_validation_is_the_same_on_one_thread_and_three_and_blind_to_the_row() {
    // So large that the products are shared out among threads.
    let (features, mut labels) = blobs(1500, 5, 160, 6);
    let on = |threads: usize, labels: &[usize], seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| cross_validated(&features, labels, 5, 4, seed, &|_| Ok(())).unwrap())
    };
    let one = on(1, &labels, 7);
    assert_eq!(one, on(3, &labels, 7));
    assert_ne!(one, on(1, &labels, 8));
    // A wrong label is contradicted all the same: the row was not learnt.
    labels[0] = (labels[0] + 1) % 5;
    assert!(on(1, &labels, 7)[0][labels[0]] < 0.1);
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows = good(20, 18);
    let names = ["calm", "cross"].map(str::to_owned);
    let field = |error: &Error| (error.kind(), error.field().map(str::to_owned));
    let invalid = |name: &str| (ErrorKind::InvalidInput, Some(name.to_owned()));
    for near in [0.4, 1.1, f64::NAN] {
        let options = DoctorOptions { near, ..DoctorOptions::default() };
        let error = examine(&of(&rows, None), &options, &|_| panic!("the work began")).unwrap_err();
        assert_eq!(field(&error), invalid("near"));
    }
    let with = |probabilities: &[Vec<f32>], labels: &[String], tokens: Option<&[usize]>| {
        let mut examination = of(&rows, None);
        examination.train.probabilities = Some(probabilities);
        examination.train.tokens = tokens;
        examination.labels = labels;
        examine(&examination, &DoctorOptions::default(), &|_| Ok(())).map(|_| ()).unwrap_err()
    };
    let even = vec![vec![0.5; 2]; 20];
    let mut wrong = even.clone();
    wrong[4][1] = f32::NAN;
    let error = with(&wrong, &names, None);
    assert!(field(&error) == invalid("probabilities") && error.message().contains("line 6"), "{error}");
    assert_eq!(field(&with(&even[1..], &names, None)), invalid("probabilities"));
    assert_eq!(field(&with(&even, &names[1..], None)), invalid("probabilities"));
    assert_eq!(field(&with(&even, &names, Some(&[1]))), invalid("tokens"));
    let error = with(&even, &["calm", "other"].map(str::to_owned), None);
    assert!(error.kind() == ErrorKind::DataInvalid && error.message().contains("line 3"), "{error}");

    let (features, labels) = blobs(12, 2, 3, 9);
    let cross = |features: &[Vec<f32>], labels: &[usize], folds| {
        cross_validated(features, labels, 2, folds, 1, &|_| Ok(())).map(|_| ()).unwrap_err()
    };
    assert_eq!(field(&cross(&features, &labels[1..], 2)), invalid("labels"));
    assert_eq!(field(&cross(&features, &[2; 12], 2)), invalid("labels"));
    assert_eq!(field(&cross(&features, &labels, 1)), invalid("folds"));
    assert_eq!(field(&cross(&features, &labels, 13)), invalid("folds"));
    assert_eq!(cross(&features, &[0; 12], 2).kind(), ErrorKind::DataInvalid);
    assert_eq!(cross(&[], &[], 2).kind(), ErrorKind::DataInvalid);
    let mut bad = features.clone();
    bad[5][1] = f32::INFINITY;
    assert_eq!(field(&cross(&bad, &labels, 2)), invalid("features"));
    bad[5].pop();
    assert_eq!(field(&cross(&bad, &labels, 2)), invalid("features"));
    assert_eq!(field(&label_errors(&[vec![0.5, 2.0]], &[0]).unwrap_err()), invalid("probabilities"));
    assert_eq!(field(&label_errors(&[vec![0.5, 0.5]], &[2]).unwrap_err()), invalid("labels"));
    assert_eq!(label_errors(&[], &[]).unwrap().errors, []);
}

#[test]
fn whoever_waits_can_stop_each_stage() {
    let stop = || Err(Error::new(ErrorKind::Cancelled, "enough"));
    let rows = good(100, 19);
    for stage in [Stage::Texts, Stage::Sketches, Stage::NearDuplicates, Stage::Languages, Stage::Giveaways] {
        let tell = |p: frontdesk::doctor::Progress| if p.stage == stage { stop() } else { Ok(()) };
        let error = examine(&of(&rows, None), &DoctorOptions::default(), &tell).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Cancelled, "enough"), "{stage:?}");
    }
    let (features, labels) = blobs(40, 2, 3, 9);
    let tell = |p: frontdesk::doctor::Progress| if p.done == 2 { stop() } else { Ok(()) };
    let error = cross_validated(&features, &labels, 2, 5, 1, &tell).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn rows_are_written_one_a_line_and_the_brief_keeps_the_counts() {
    let (train, valid) = troubled(20);
    let diagnosis = diagnose(&train, Some(&valid));
    let mut written = Vec::new();
    diagnosis.write_rows(&mut written).unwrap();
    let written: Vec<Value> = std::str::from_utf8(&written)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(written.len(), diagnosis.findings.iter().map(|finding| finding.count).sum::<usize>());
    let leak = serde_json::json!({
        "file": "valid", "line": 2, "finding": "leak", "severity": "stop",
        "other": {"file": "train", "line": 22}, "similarity": 1.0,
    });
    assert_eq!(written[0], leak);
    assert!(diagnosis.stops() && diagnosis.findings.is_sorted_by_key(|finding| finding.severity));
    let brief = diagnosis.brief(3);
    for (whole, brief) in diagnosis.findings.iter().zip(&brief.findings) {
        assert_eq!((brief.count, &brief.message), (whole.count, &whole.message));
        assert_eq!(brief.rows, whole.rows[..whole.count.min(3)]);
    }
    let codes: Vec<String> =
        Kind::ALL.iter().map(|kind| read(&serde_json::to_value(kind).unwrap())).collect();
    assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{codes:?}");
    let options: DoctorOptions = serde_json::from_str(r#"{"multiLabel": true, "near": 0.8}"#).unwrap();
    assert_eq!(options, DoctorOptions { multi_label: true, near: 0.8, tiny_class: 10 });
    assert!(serde_json::from_str::<DoctorOptions>(r#"{"similarity": 1}"#).is_err());
}

/// `cargo test -p frontdesk --test doctor -- --ignored --nocapture` prints how long large data take.
#[test]
#[ignore = "prints times"]
fn times() {
    let mut random = StdRng::seed_from_u64(21);
    let text = |i: usize| {
        let parts = message(any_parts(&mut random));
        (format!("{parts} {:x} {:x}", random.random::<u64>(), random.random::<u64>()), ["a", "b", "c"][i % 3])
    };
    let rows = labelled(&(0..100_000).map(text).collect::<Vec<_>>());
    let start = std::time::Instant::now();
    let last = std::sync::Mutex::new((Stage::Texts, start));
    let tell = |progress: frontdesk::doctor::Progress| {
        let mut last = last.lock().unwrap();
        if last.0 != progress.stage {
            println!("{:?}: {:.1?}", last.0, last.1.elapsed());
            *last = (progress.stage, std::time::Instant::now());
        }
        Ok(())
    };
    let diagnosis = examine(&of(&rows, None), &DoctorOptions::default(), &tell).unwrap();
    println!("100,000 rows: {:.1?}, {:?}", start.elapsed(), kinds(&diagnosis));
    let (features, labels) = blobs(10_000, 77, 384, 22);
    let start = std::time::Instant::now();
    cross_validated(&features, &labels, 77, 5, 1, &|_| Ok(())).unwrap();
    println!("10,000 x 384 x 77, 5 folds: {:.1?}", start.elapsed());
}
