//! Figures against scikit-learn and scipy (core/tests/golden/make_evaluate.py made the values), and the
//! guarantees of thresholds.

use frontdesk_models::heads::Link;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::answers::{Answers, Prediction};
use super::bootstrap::Bootstrap;
use super::thresholds::thresholds;
use super::{EvaluateOptions, Evaluation, binomial, calibration, coverage, measure};
use crate::model::bundle::HeadMeaning;
use crate::table::{Labelled, Place};

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../tests/golden/evaluate.json")).unwrap()
}

fn close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-6, "{what}: {found}, expected {expected}");
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn head(link: Link, labels: usize) -> HeadMeaning {
    let labels = (0..labels).map(|label| label.to_string()).collect();
    HeadMeaning::plain("mood", link, labels)
}

fn rows(count: usize) -> Vec<Labelled> {
    let row = |row| Labelled {
        place: Place::Line(row as u64 + 2),
        text: format!("text {row}"),
        label: String::new(),
    };
    (0..count).map(row).collect()
}

/// Evaluates a golden case, whose truth is a label or a list of them.
fn evaluated(case: &Value, link: Link, options: &EvaluateOptions) -> (Evaluation, Vec<Vec<usize>>) {
    let index = |value: &Value| value.as_u64().unwrap() as usize;
    let truth: Vec<Vec<usize>> = case["truth"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| match row.as_array() {
            Some(labels) => labels.iter().map(index).collect(),
            None => vec![index(row)],
        })
        .collect();
    let predict = |row: &Value| {
        let scores: Vec<f32> = numbers(row).iter().map(|score| *score as f32).collect();
        let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        let labels = match link {
            Link::Sigmoid => (0..scores.len()).filter(|&label| scores[label] >= 0.5).collect(),
            _ => vec![best],
        };
        Prediction { labels, scores }
    };
    let predictions: Vec<Prediction> = case["scores"].as_array().unwrap().iter().map(predict).collect();
    let (head, rows) = (head(link, predictions[0].scores.len()), rows(truth.len()));
    let places: Vec<Place> = rows.iter().map(|row| row.place).collect();
    (measure(&head, &Answers::of(&head, &places, &truth, &predictions), &rows, options).unwrap(), truth)
}

#[test]
fn figures_are_those_of_scikit_learn() {
    let golden = golden();
    for (name, link) in [("classes", Link::Softmax), ("labels", Link::Sigmoid)] {
        let case = &golden[name];
        let (found, _) = evaluated(case, link, &EvaluateOptions::default());
        let figures = [
            ("accuracy", found.accuracy),
            ("macro_f1", found.macro_f1),
            ("brier", found.brier),
            ("nll", found.nll),
        ];
        for (figure, interval) in figures {
            close(interval.value, &case[figure], figure);
            assert!(
                interval.low < interval.value && interval.value < interval.high,
                "{figure}: {interval:?}"
            );
        }
        for (index, class) in found.per_class.iter().enumerate() {
            close(class.precision.value, &case["precision"][index], "precision");
            close(class.recall.value, &case["recall"][index], "recall");
            close(class.f1.value, &case["f1"][index], "f1");
            assert_eq!(class.support as u64, case["support"][index].as_u64().unwrap());
        }
    }
}

#[test]
fn bins_are_those_of_scikit_learn_and_add_up_to_the_calibration_error() {
    let golden = golden();
    let case = &golden["classes"];
    let (found, _) = evaluated(case, Link::Softmax, &EvaluateOptions::default());
    assert_eq!((found.reliability.len(), found.reliability[14].high), (15, 1.0));
    let full: Vec<_> = found.reliability.iter().filter(|bin| bin.count > 0).collect();
    assert_eq!(full.len(), case["bins"].as_array().unwrap().len());
    let mut gap = 0.0;
    for (bin, expected) in full.iter().zip(case["bins"].as_array().unwrap()) {
        let (confidence, accuracy) = (bin.confidence.unwrap(), bin.accuracy.unwrap());
        close(confidence, &expected["confidence"], "confidence");
        close(accuracy, &expected["accuracy"], "accuracy");
        assert!(bin.low <= confidence && confidence <= bin.high);
        gap += bin.count as f64 * (confidence - accuracy).abs();
    }
    assert!((found.ece.value - gap / found.rows as f64).abs() < 1e-12);
    assert!(found.reliability.iter().all(|bin| (bin.count == 0) == bin.accuracy.is_none()));
}

#[test]
fn bounds_and_tests_are_those_of_scipy() {
    let golden = golden();
    for case in golden["bounds"].as_array().unwrap() {
        let [right, of] = ["right", "of"].map(|name| case[name].as_u64().unwrap() as usize);
        let alpha = case["alpha"].as_f64().unwrap();
        let low = binomial::lower_bound(right, of, alpha);
        close(low, &case["low"], "low");
        assert!((binomial::at_least(right, of, low) - alpha).abs() < 1e-9);
    }
    assert!(binomial::lower_bound(0, 10, 0.05).abs() < f64::EPSILON);
    for case in golden["pairs"].as_array().unwrap() {
        let [one, other] = ["one", "other"].map(|name| case[name].as_u64().unwrap() as usize);
        close(binomial::mcnemar(one, other), &case["p"], "p");
        assert_eq!(binomial::mcnemar(one, other).to_bits(), binomial::mcnemar(other, one).to_bits());
    }
}

#[test]
fn the_curve_ends_with_all_that_was_given_and_starts_with_the_surest() {
    let golden = golden();
    let (found, _) = evaluated(&golden["classes"], Link::Softmax, &EvaluateOptions::default());
    let (first, last) = (&found.coverage[0], found.coverage.last().unwrap());
    assert!((last.coverage - 1.0).abs() < 1e-12 && (last.precision - found.accuracy.value).abs() < 1e-12);
    assert!((first.coverage - 1.0 / 80.0).abs() < 1e-12);
    assert!(found.coverage.is_sorted_by(|a, b| a.threshold > b.threshold && a.coverage < b.coverage));
    let many: Vec<(f32, bool)> = (0..1000).map(|row| (row as f32 / 1000.0, row % 3 == 0)).collect();
    assert_eq!(coverage::steps(many).len(), 1000);
}

#[test]
fn errors_are_the_surest_and_texts_come_only_where_they_are_asked_for() {
    let golden = golden();
    let options = EvaluateOptions { errors: 5, resamples: 0, ..EvaluateOptions::default() };
    for (name, link) in [("classes", Link::Softmax), ("labels", Link::Sigmoid)] {
        let (found, truth) = evaluated(&golden[name], link, &options);
        assert_eq!(found.errors.len(), 5);
        assert!(found.errors.is_sorted_by(|a, b| a.score >= b.score));
        for error in &found.errors {
            let truth: Vec<String> = truth[error.line as usize - 2].iter().map(usize::to_string).collect();
            assert_eq!((&error.truth, &error.text), (&truth.join("|"), &None));
            assert_ne!(error.given, error.truth);
            assert!((0.25..=1.0).contains(&error.score));
        }
        let (all, _) =
            evaluated(&golden[name], link, &EvaluateOptions { errors: 1000, texts: true, ..options.clone() });
        let wrong = (1.0 - all.accuracy.value) * all.rows as f64;
        assert_eq!(all.errors.len(), wrong.round() as usize);
        assert_eq!(all.errors[0].text, Some(format!("text {}", all.errors[0].line - 2)));
    }
}

#[test]
fn a_sample_without_a_figure_is_left_out_of_its_interval() {
    let options = EvaluateOptions::default();
    let bootstrap = Bootstrap::new(4, &options);
    // The mean of those sampled rows that are above 1, of which some samples have none.
    let figure = |rows: &[usize]| {
        let high: Vec<f64> = rows.iter().filter(|&&row| row > 1).map(|&row| row as f64).collect();
        vec![high.iter().sum::<f64>() / high.len() as f64]
    };
    let drawn = bootstrap.draw(&figure);
    assert!(drawn.of(0).count() < options.resamples && drawn.of(0).all(|mean| (2.0..=3.0).contains(&mean)));
    let interval = drawn.interval(0);
    assert!(interval.low >= 2.0 && interval.high <= 3.0, "{interval:?}");
    let none = bootstrap.draw(&|_| vec![f64::NAN]).interval(0);
    assert_eq!((none.value, none.low, none.high), (0.0, 0.0, 0.0));
}

/// Rows that are given one label with scores from 0.5 to 1, and right with the probability that `precision`
/// has for the score.
fn simulated(seed: u64, count: usize, precision: &dyn Fn(f32) -> f64) -> (Vec<Vec<usize>>, Vec<Prediction>) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut row = |_| {
        let score: f32 = random.random_range(0.5..1.0);
        let right = random.random::<f64>() < precision(score);
        (vec![usize::from(!right)], Prediction { labels: vec![0], scores: vec![score, 1.0 - score] })
    };
    (0..count).map(&mut row).unzip()
}

#[test]
fn a_precision_that_is_not_there_is_promised_in_no_more_than_one_of_twenty_files() {
    for count in [100, 700] {
        // At every threshold the true precision is just below the wanted one.
        let promised = (0..1000).filter(|&seed| {
            let (truth, predictions) = simulated(seed, count, &|_| 0.94);
            thresholds(2, &truth, &predictions, 0.95)[0].is_some()
        });
        // Three standard errors above 5 %.
        let promised = promised.count();
        assert!(promised <= 71, "{promised} of 1000 files of {count} rows");
    }
}

#[test]
fn a_precision_that_is_there_is_found_with_most_of_its_rows() {
    // Right where the score is 0.7 or more, a coin below.
    let mut coverage = 0.0;
    for seed in 0..20 {
        let (truth, predictions) = simulated(seed, 1000, &|score| if score >= 0.7 { 0.995 } else { 0.5 });
        let found = thresholds(2, &truth, &predictions, 0.95);
        let threshold = found[0].expect("a threshold");
        assert_eq!(found[1], None, "nothing was given the other label");
        assert!((0.65..0.8).contains(&threshold.score), "{threshold:?}");
        coverage += threshold.kept as f64 / 1000.0 / 20.0;
    }
    assert!(coverage > 0.55, "{coverage}");
    let (truth, predictions) = simulated(1, 58, &|_| 1.0);
    assert_eq!(thresholds(2, &truth, &predictions, 0.95)[0], None, "58 right rows are too few to say 0.95");
    let (truth, predictions) = simulated(1, 59, &|_| 1.0);
    assert_eq!(thresholds(2, &truth, &predictions, 0.95)[0].map(|found| found.kept), Some(59));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_threshold_keeps_what_it_says(seed: u64, count in 1usize..400, wanted in 0.05f64..0.99, levels in 1u8..60) {
        let (truth, mut predictions) = simulated(seed, count, &|score| f64::from(score).powf(0.2));
        for prediction in &mut predictions {
            // Many rows of one score.
            prediction.scores[0] = (prediction.scores[0] * f32::from(levels)).ceil() / f32::from(levels);
        }
        if let Some(found) = thresholds(2, &truth, &predictions, wanted)[0] {
            let kept: Vec<_> = (0..count).filter(|&row| predictions[row].scores[0] >= found.score).collect();
            prop_assert_eq!(kept.len(), found.kept);
            prop_assert_eq!(kept.iter().filter(|&&row| truth[row] == [0]).count(), found.right);
            prop_assert!(found.low >= wanted && found.low <= found.right as f64 / found.kept as f64 + 1e-9);
            prop_assert!(binomial::at_least(found.right, found.kept, wanted) <= 0.05);
        }
    }

    #[test]
    fn the_error_is_0_for_scores_that_are_right_and_1_for_scores_that_are_wrong(count in 1usize..50) {
        let claims = |right| vec![vec![(1.0f32, right)]; count];
        let rows: Vec<usize> = (0..count).collect();
        let error = |right| calibration::expected_calibration_error(&claims(right), &rows);
        prop_assert!(error(true).abs() < 1e-12 && (error(false) - 1.0).abs() < 1e-12);
    }
}
