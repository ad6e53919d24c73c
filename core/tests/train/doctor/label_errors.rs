//! Label errors against cleanlab, and the cross-validation that they are looked for in.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use frontdesk::doctor::{
    DoctorOptions, FindingKind, FindingRow, MAX_FIT_ROWS, cross_validated, examine, label_errors,
};
use frontdesk::table::Labelled;
use frontdesk::train::{TrainOptions, TrainProgress, check};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::common::checkpoint;

use super::given::{blobs, find, good, labelled, normal, of, read};

fn golden() -> Value {
    serde_json::from_str(include_str!("../../golden/label_errors.json")).unwrap()
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
    let found = find(&diagnosis, FindingKind::LikelyLabelError);
    let ours: BTreeSet<(usize, String)> =
        found.rows.iter().map(|r| (r.line as usize - 2, r.suggested.clone().unwrap())).collect();
    let theirs = read::<Vec<(usize, Vec<usize>)>>(&golden["wrong"]).into_iter().map(|(row, flipped)| {
        let holds = |label: &usize| sets[row].contains(label) != flipped.contains(label);
        (row, join(&(0..3).filter(holds).collect::<Vec<_>>()))
    });
    assert_eq!(ours, theirs.collect());
    assert!(found.rows.is_sorted_by_key(|row| row.margin.unwrap()));
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
    let found = find(&diagnosis, FindingKind::LikelyLabelError);
    let right = |row: &&FindingRow| row.suggested.as_ref() == Some(&names[truth[row.line as usize - 2]]);
    let recovered = found.rows.iter().filter(right).count();
    let planted = labels.iter().zip(&truth).filter(|(a, b)| a != b).count();
    assert!(recovered as f64 > 0.75 * planted as f64, "{recovered} of {planted}");
    assert!(recovered as f64 > 0.9 * found.count as f64, "{recovered} of {}", found.count);
}

/// Of two normal distributions of one variance, the posterior is known: log-odds are linear. Of the larger
/// number only some rows are fitted to.
#[test]
fn cross_validation_comes_near_the_true_posterior() {
    for count in [3000, 30_000] {
        let mut random = StdRng::seed_from_u64(4);
        let labels: Vec<usize> = (0..count).map(|i| usize::from(i % 4 == 0)).collect();
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
        let mean = errors.sum::<f32>() / count as f32;
        assert!(mean < 0.02, "{mean} of {count}");
        assert!(probabilities.iter().all(|p| (p.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    }
}

/// Texts that a random trunk can tell apart, each its own; every 300th has the other's label.
#[test]
fn label_errors_are_found_among_rows_that_are_not_learnt_from() {
    let count = MAX_FIT_ROWS * 5 / 4 + 5_000;
    let wrong = |row: usize| row % 300 == 150;
    let row = |row: usize| {
        let letter = |place: u32| char::from(b'a' + (row / 26usize.pow(place) % 26) as u8);
        let words = if row.is_multiple_of(2) { "proof press proof" } else { "broken ! broken" };
        let label = if row.is_multiple_of(2) == wrong(row) { "upset" } else { "calm" };
        Labelled {
            place: frontdesk::table::Place::Line(row as u64 + 2),
            text: format!("{words} {} {} {} {}", letter(0), letter(1), letter(2), letter(3)),
            label: label.to_owned(),
        }
    };
    let rows: Vec<Labelled> = (0..count).map(row).collect();
    let dir = tempfile::tempdir().unwrap();
    let base = checkpoint("bert-single-float32", dir.path());
    let options = TrainOptions::new(base.as_path(), "mood", dir.path().join("out"));
    let told = AtomicUsize::new(0);
    let tell = |progress: TrainProgress| {
        if let TrainProgress::Features { done, total } = progress {
            assert!(done <= total && total == count, "{done} of {total}");
            told.fetch_max(done, Ordering::Relaxed);
        }
        Ok(())
    };
    let diagnosis = check(&rows, None, &options, &tell).unwrap();
    let found = find(&diagnosis, FindingKind::LikelyLabelError);
    let lines: BTreeSet<u64> = found.rows.iter().map(|row| row.line).collect();
    let planted: BTreeSet<u64> = (0..count).filter(|&row| wrong(row)).map(|row| row as u64 + 2).collect();
    // A sixth of the rows is not fitted to; a random trunk does not tell texts apart with much certainty.
    assert!(lines.is_subset(&planted) && lines.len() * 3 > planted.len() * 2, "{lines:?}");
    assert_eq!(told.into_inner(), count);
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
    // A wrong label is contradicted all the same: the regression has not seen the row.
    labels[0] = (labels[0] + 1) % 5;
    assert!(on(1, &labels, 7)[0][labels[0]] < 0.1);
}
