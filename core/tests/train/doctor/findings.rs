//! Each finding where it is planted, and nowhere else.

use std::collections::BTreeSet;

use frontdesk::doctor::{DataFile, Diagnosis, DoctorOptions, FindingKind, FindingRow, Severity, examine};
use frontdesk::table::Labelled;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::given::{
    GERMAN, any_parts, diagnose, disguised, find, good, good_files, kinds, labelled, lines, message,
    messages, of, pair, troubled,
};

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
        let line = target.place.number();
        let diagnosis = diagnose(&train, Some(&valid));
        let kind = match (across, way) {
            (true, _) => FindingKind::Leak,
            (false, 0 | 1) => FindingKind::Duplicate,
            (false, _) => FindingKind::NearDuplicate,
        };
        prop_assert_eq!(kinds(&diagnosis), [kind]);
        let found = &diagnosis.findings[0];
        let file = if across { DataFile::Valid } else { DataFile::Train };
        prop_assert_eq!(found.rows.len(), 1);
        prop_assert_eq!(pair(&found.rows[0]), ((file, line), (DataFile::Train, source as u64 + 2)));
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
            let text = |line: u64| train.iter().find(|row| row.place.number() == line).unwrap().text.clone();
            let pair = |row: &FindingRow| BTreeSet::from([text(row.line), text(row.other.unwrap().line)]);
            find(diagnosis, FindingKind::NearDuplicate).rows.iter().map(pair).collect()
        };
        let expected = texts(&train, &before);
        train.iter_mut().zip(2..).for_each(|(row, line)| row.place = frontdesk::table::Place::Line(line));
        prop_assert_eq!(texts(&train, &diagnose(&train, Some(&valid))), expected);
    }
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
    pairs.extend(
        fill.iter().map(|row| (row.text.as_str(), if row.place.number() % 2 == 0 { "a" } else { "b" })),
    );
    let diagnosis = diagnose(&labelled(&pairs), None);
    let pairs = |kind| find(&diagnosis, kind).rows.iter().map(|row| (row.line, row.other.unwrap().line));
    assert_eq!(pairs(FindingKind::Duplicate).collect::<Vec<_>>(), [(4, 2), (6, 3), (7, 2)]);
    assert_eq!(pairs(FindingKind::NearDuplicate).collect::<Vec<_>>(), [(3, 2)]);
    assert_eq!(pairs(FindingKind::ConflictingLabels).collect::<Vec<_>>(), [(3, 5), (5, 2), (6, 5), (7, 5)]);
    assert_eq!(find(&diagnosis, FindingKind::ConflictingLabels).severity, Severity::Warn);
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
    assert_eq!(lines(find(&diagnosis, FindingKind::ConflictingLabels)), [11]);
    assert_eq!(lines(find(&diagnosis, FindingKind::Duplicate)), [9]);
    let labels: Vec<&str> = diagnosis.labels.iter().map(|count| count.label.as_str()).collect();
    assert_eq!(labels, ["calm", "cross"]);
    // As single labels, the two orders are two labels.
    assert_eq!(lines(find(&diagnose(&rows, None), FindingKind::ConflictingLabels)), [9, 11]);
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
    let capped = find(&diagnosis, FindingKind::UncomparedText);
    assert!((100..=1501).contains(&capped.count) && capped.severity == Severity::Note, "{}", capped.message);
    assert!(find(&diagnosis, FindingKind::NearDuplicate).rows.iter().any(|row| pair(row).1.1 == source));
    // Texts that differ in their numbers alone are one text, and crowd nothing.
    let numbered: Vec<(String, &str)> =
        (0..1500).map(|i| (format!("Order {i} is late"), ["a", "b"][i % 2])).collect();
    let diagnosis = diagnose(&labelled(&numbered), None);
    assert_eq!(kinds(&diagnosis), [FindingKind::ConflictingLabels, FindingKind::NearDuplicate]);
    assert_eq!(diagnosis.findings[1].count, 1498);
}

#[test]
fn classes_that_cannot_be_learnt_are_named() {
    let none = diagnose(&[], Some(&[]));
    assert_eq!((kinds(&none), none.stops()), (vec![FindingKind::NoRows, FindingKind::NoRows], true));
    let mut rows = good(60, 8);
    for row in &mut rows {
        row.label = "calm".into();
    }
    let one = diagnose(&rows, None);
    assert_eq!((kinds(&one), one.stops()), (vec![FindingKind::OneClass], true));
    rows.iter_mut().take(30).for_each(|row| row.label = "cross".into());
    rows[3].label = "alone".into();
    rows[5].label = "few".into();
    rows[4].label = "few".into();
    let (_, mut valid) = good_files(60, 9, 8);
    valid[2].label = "new".into();
    let diagnosis = diagnose(&rows, Some(&valid));
    assert_eq!(
        kinds(&diagnosis),
        [FindingKind::UnknownLabel, FindingKind::TinyClass, FindingKind::TinyClass]
    );
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
    assert_eq!(kinds(&diagnosis), [FindingKind::TinyClass]);
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
    assert_eq!(kinds(&diagnosis), [FindingKind::EmptyText, FindingKind::OverLongText]);
    assert_eq!(lines(&diagnosis.findings[0]), [9, 11]);
    let long: Vec<_> = diagnosis.findings[1].rows.iter().map(|r| (r.file, r.line, r.tokens)).collect();
    assert_eq!(long, [(DataFile::Train, 7, Some(257)), (DataFile::Valid, 5, Some(300))]);
}

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
    assert_eq!(kinds(&diagnosis), [FindingKind::LanguageOutlier]);
    let told: Vec<_> = diagnosis.findings[0].rows.iter().map(|r| (r.line, r.language)).collect();
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
    assert!(!kinds(&diagnosis).contains(&FindingKind::LanguageOutlier));
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
    assert_eq!(kinds(&named), [FindingKind::LabelInText]);
    assert_eq!((named.findings[0].labels.join(""), named.findings[0].count), ("cross".to_owned(), 40));
    let everywhere = with(&|_, row| format!("{} cross", row.text));
    assert_eq!(kinds(&everywhere), []);
    let word = with(&|i, row| {
        if cross(row) && i % 10 != 1 { format!("{} zz7", row.text) } else { row.text.clone() }
    });
    assert_eq!(kinds(&word), [FindingKind::Giveaway]);
    assert!(word.findings[0].message.contains("the word `zz7`"), "{}", word.findings[0].message);
    assert_eq!(word.findings[0].count, 48);
    let start = with(&|_, row| {
        if cross(row) { format!("For you: {}", row.text) } else { format!("{} for you", row.text) }
    });
    assert_eq!(kinds(&start), [FindingKind::Giveaway]);
    assert!(start.findings[0].message.contains("the beginning `for"), "{}", start.findings[0].message);
    let rare =
        with(&|i, row| if cross(row) && i % 10 < 6 { format!("{} zz7", row.text) } else { row.text.clone() });
    assert_eq!(kinds(&rare), []);
    let both =
        with(&|i, row| if cross(row) || i % 6 == 0 { format!("{} zz7", row.text) } else { row.text.clone() });
    assert_eq!(kinds(&both), []);
}
