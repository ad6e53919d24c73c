//! What a model says of rows that it has not seen: stratified cross-validation of a softmax regression.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::softmax::Softmax;
use super::{Progress, Stage, Tell};
use crate::{Error, ErrorKind, Result};

/// Rows that a fold's regression learns from, about; of more, each label gives its share, though at least 20.
pub const MAX_FIT_ROWS: usize = 20_000;

const LEAST_FIT_ROWS: usize = 20;

/// Probabilities `[row][class]` of each row's class by a softmax regression that was fitted without the row's fold. The
/// folds have their share of each class; the features are standardised by the rows that are fitted to.
///
/// `features[row]` are vectors of one width, `labels[row]` is below `classes`. The same input and seed give the same
/// probabilities whatever the number of threads. It runs on the rayon pool of the caller; time grows with rows × width ×
/// classes. `progress` is told the folds done, several times a fold, and may stop the work with an error, which is then the
/// result.
///
/// # Errors
/// `invalid-input` where the sizes do not fit, a feature is not finite, or there are fewer than 2 folds or more than rows;
/// `data-invalid` where the rows have fewer than 2 classes.
pub fn cross_validated(
    features: &[Vec<f32>],
    labels: &[usize],
    classes: usize,
    folds: usize,
    seed: u64,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Vec<Vec<f32>>> {
    check(features, labels, classes, folds)?;
    let fold_of = stratified(labels, classes, folds, &mut StdRng::seed_from_u64(seed));
    let mut probabilities = vec![Vec::new(); features.len()];
    for fold in 0..folds {
        let turn = || (progress as Tell<'_>)(Progress { stage: Stage::Folds, done: fold, total: folds });
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..features.len()).partition(|&row| fold_of[row] == fold);
        let train = fewer(&train, labels, classes);
        let model = Softmax::fit(features, labels, &train, classes, &turn)?;
        model.predict(features, &test, &turn, |row, scores| probabilities[row] = scores.to_vec())?;
    }
    progress(Progress { stage: Stage::Folds, done: folds, total: folds })?;
    Ok(probabilities)
}

fn check(features: &[Vec<f32>], labels: &[usize], classes: usize, folds: usize) -> Result<()> {
    if features.len() != labels.len() {
        let message = format!("{} labels for {} rows", labels.len(), features.len());
        return Err(Error::invalid("labels", message));
    }
    if let Some(row) = labels.iter().position(|&label| label >= classes) {
        return Err(Error::invalid("labels", format!("row {row}: label {} of {classes}", labels[row])));
    }
    if !labels.iter().any(|label| *label != labels[0]) {
        return Err(Error::new(ErrorKind::DataInvalid, "the rows have fewer than two classes"));
    }
    if !(2..=features.len()).contains(&folds) {
        return Err(Error::invalid("folds", format!("{folds} folds of {} rows", features.len())));
    }
    let width = features[0].len();
    for (row, values) in features.iter().enumerate() {
        if width == 0 || values.len() != width {
            let message = format!("row {row}: {} features; the first row has {width}", values.len());
            return Err(Error::invalid("features", message));
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::invalid(
                "features",
                format!("row {row}: {value} is not a number to learn from"),
            ));
        }
    }
    Ok(())
}

/// Each row's fold: the rows of a class are dealt out in a random order, and the next class goes on where it ended.
fn stratified(labels: &[usize], classes: usize, folds: usize, random: &mut StdRng) -> Vec<usize> {
    let mut of = vec![0; labels.len()];
    let mut next = 0;
    for mut rows in by_class((0..labels.len()).collect::<Vec<_>>().as_slice(), labels, classes) {
        rows.shuffle(random);
        for row in rows {
            of[row] = next % folds;
            next += 1;
        }
    }
    of
}

/// As many of the rows as a fold learns from, evenly spaced in each class.
fn fewer(rows: &[usize], labels: &[usize], classes: usize) -> Vec<usize> {
    if rows.len() <= MAX_FIT_ROWS {
        return rows.to_vec();
    }
    let mut kept = Vec::with_capacity(MAX_FIT_ROWS);
    for of_class in by_class(rows, labels, classes) {
        let share = (of_class.len() * MAX_FIT_ROWS).div_ceil(rows.len());
        let share = share.max(LEAST_FIT_ROWS).min(of_class.len());
        kept.extend((0..share).map(|i| of_class[i * of_class.len() / share]));
    }
    kept.sort_unstable();
    kept
}

fn by_class(rows: &[usize], labels: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let mut of = vec![Vec::new(); classes];
    for &row in rows {
        of[labels[row]].push(row);
    }
    of
}
