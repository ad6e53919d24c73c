//! Predictions for rows that the model was not fitted to: stratified cross-validation of a softmax
//! regression.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::softmax::Softmax;
use super::{DoctorProgress, DoctorStage};
use crate::{Error, ErrorKind, OnProgress, Result};

/// The number of rows, approximately, to which a fold's regression is fitted at most; where there are more,
/// each label contributes its share, but at least 20.
pub const MAX_FIT_ROWS: usize = 20_000;

const LEAST_FIT_ROWS: usize = 20;

/// Probabilities `[row][class]`, 0 to 1, of a softmax regression that was fitted without the row's fold. Each
/// fold has its share of each class; the features are standardised by the rows of the fit.
///
/// `features[row]` are vectors of one width, `labels[row]` is from 0 to below `classes`. The same input and
/// seed give the same probabilities whatever the number of threads. It runs on the rayon pool of the caller;
/// time grows with rows × width × classes. `progress` is called with the folds done, several times a fold; an
/// error that it returns stops the work and is the result.
///
/// # Errors
/// `invalid-input` where the sizes do not fit, a feature is not finite, or there are fewer than 2 folds or
/// more than rows; `data-invalid` where the rows have fewer than 2 classes.
pub fn cross_validated(
    features: &[Vec<f32>],
    labels: &[usize],
    classes: usize,
    folds: usize,
    seed: u64,
    progress: OnProgress<'_, DoctorProgress>,
) -> Result<Vec<Vec<f32>>> {
    if features.len() != labels.len() {
        let message = format!("{} labels for {} rows", labels.len(), features.len());
        return Err(Error::invalid("labels", message));
    }
    let folds = Folds::new(labels, classes, folds, seed)?;
    let rows: Vec<usize> = (0..features.len()).collect();
    let features: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
    check(&rows, &features, features[0].len())?;
    let learnt: Vec<&[f32]> = folds.learnt.iter().map(|&row| features[row]).collect();
    let fitted = folds.fit(&learnt, labels, classes, progress)?;
    fitted.predict(&rows, &features, &|| progress(folds.all()))
}

/// A cross-validation of rows whose features need not be in memory all at once: regressions are fitted to
/// some, and predict the others as they pass.
#[derive(Debug)]
pub(crate) struct Folds {
    count: usize,
    /// Each row's fold.
    of: Vec<usize>,
    learnt: Vec<usize>,
}

/// The regression of each fold.
#[derive(Debug)]
pub(crate) struct Fitted<'a> {
    folds: &'a Folds,
    models: Vec<Softmax>,
}

impl Folds {
    /// Deals the rows out; as [`cross_validated`], which has the errors, too.
    pub(crate) fn new(labels: &[usize], classes: usize, folds: usize, seed: u64) -> Result<Self> {
        if let Some(row) = labels.iter().position(|&label| label >= classes) {
            return Err(Error::invalid("labels", format!("row {row}: label {} of {classes}", labels[row])));
        }
        if !labels.iter().any(|label| *label != labels[0]) {
            return Err(Error::new(ErrorKind::DataInvalid, "the rows have fewer than two classes"));
        }
        if !(2..=labels.len()).contains(&folds) {
            return Err(Error::invalid("folds", format!("{folds} folds of {} rows", labels.len())));
        }
        let of = stratified(labels, classes, folds, &mut StdRng::seed_from_u64(seed));
        // Each fold's regression is fitted to rows of the others.
        let learnt = fewer(labels, classes, MAX_FIT_ROWS * folds / (folds - 1));
        Ok(Self { count: folds, of, learnt })
    }

    /// Returns the rows that regressions are fitted to, ascending.
    pub(crate) fn learnt(&self) -> &[usize] {
        &self.learnt
    }

    /// Fits the regression of each fold to `features[i]` of the row `learnt()[i]`; `labels` are of all rows.
    pub(crate) fn fit(
        &self,
        features: &[&[f32]],
        labels: &[usize],
        classes: usize,
        progress: OnProgress<'_, DoctorProgress>,
    ) -> Result<Fitted<'_>> {
        check(&self.learnt, features, features.first().map_or(0, |row| row.len()))?;
        let labels: Vec<usize> = self.learnt.iter().map(|&row| labels[row]).collect();
        let fit = |fold: usize| {
            let others: Vec<usize> =
                (0..features.len()).filter(|&at| self.of[self.learnt[at]] != fold).collect();
            let turn = || progress(DoctorProgress { done: fold, ..self.all() });
            Softmax::fit(features, &labels, &others, classes, &turn)
        };
        let models = (0..self.count).map(fit).collect::<Result<_>>()?;
        progress(self.all())?;
        Ok(Fitted { folds: self, models })
    }

    /// All folds are fitted.
    fn all(&self) -> DoctorProgress {
        DoctorProgress { stage: DoctorStage::Folds, done: self.count, total: self.count }
    }
}

impl Fitted<'_> {
    /// The probabilities of `rows`, each by a regression that has not learned from it; `features[i]` are of
    /// `rows[i]`. `turn` is called now and then, and may stop the work.
    pub(crate) fn predict(
        &self,
        rows: &[usize],
        features: &[&[f32]],
        turn: &dyn Fn() -> Result<()>,
    ) -> Result<Vec<Vec<f32>>> {
        check(rows, features, self.models[0].width())?;
        let mut probabilities = vec![Vec::new(); rows.len()];
        for (fold, model) in self.models.iter().enumerate() {
            let of_fold: Vec<usize> = (0..rows.len()).filter(|&at| self.folds.of[rows[at]] == fold).collect();
            model.predict(features, &of_fold, turn, |at, scores| probabilities[at] = scores.to_vec())?;
        }
        Ok(probabilities)
    }
}

fn check(rows: &[usize], features: &[&[f32]], width: usize) -> Result<()> {
    for (row, values) in rows.iter().zip(features) {
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

/// Each row's fold: the rows of a class are dealt out in a random order, and the next class continues where
/// it ended.
fn stratified(labels: &[usize], classes: usize, folds: usize, random: &mut StdRng) -> Vec<usize> {
    let mut of = vec![0; labels.len()];
    let mut next = 0;
    for mut rows in by_class(labels, classes) {
        rows.shuffle(random);
        for row in rows {
            of[row] = next % folds;
            next += 1;
        }
    }
    of
}

/// Rows of each class, evenly spaced: its share of about `most`, ascending.
fn fewer(labels: &[usize], classes: usize, most: usize) -> Vec<usize> {
    if labels.len() <= most {
        return (0..labels.len()).collect();
    }
    let mut kept = Vec::with_capacity(most);
    for of_class in by_class(labels, classes) {
        let share = (of_class.len() * most).div_ceil(labels.len());
        let share = share.max(LEAST_FIT_ROWS).min(of_class.len());
        kept.extend((0..share).map(|i| of_class[i * of_class.len() / share]));
    }
    kept.sort_unstable();
    kept
}

fn by_class(labels: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let mut of = vec![Vec::new(); classes];
    for (row, &label) in labels.iter().enumerate() {
        of[label].push(row);
    }
    of
}
