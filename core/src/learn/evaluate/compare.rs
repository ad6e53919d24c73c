//! Two models on one file.

use std::collections::BTreeSet;

use frontdesk_models::heads::Link;
use serde::Serialize;

use super::answers::{self, Answers, Prediction};
use super::bootstrap::Bootstrap;
use super::calibration::{claims, expected_calibration_error};
use super::changes::{Change, Flow, McNemar, changed, changes, flows, test};
use super::{EvaluateOptions, Interval, classes, metrics};
use crate::model::bundle::HeadMeaning;
use crate::quote::quoted;
use crate::table::LabelledRows;
use crate::{Engine, Error, ErrorKind, ModelInfo, OnProgress, Result};

/// One figure of two models, over the same samples of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Contrast {
    /// Of the first model.
    pub a: Interval,
    /// Of the second model.
    pub b: Interval,
    /// The second's less the first's, with the interval of that difference: both models are measured on each
    /// sample.
    pub difference: Interval,
    /// The share of samples on which the second model is better, 0 to 1; where they are equal, a half.
    pub b_better: f64,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The name of the head of the first model.
    pub task: String,
    /// The number of rows.
    pub rows: usize,
    /// The first model.
    pub a: ModelInfo,
    /// The second model.
    pub b: ModelInfo,
    /// The share of rows whose labels are all right, 0 to 1.
    pub accuracy: Contrast,
    /// The mean of F1 over the labels that the file has, 0 to 1.
    pub macro_f1: Contrast,
    /// The expected calibration error, 0 to 1; less is better.
    pub ece: Contrast,
    /// Mean absolute error in levels; ordinal heads only. Less is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_absolute_error: Option<Contrast>,
    /// McNemar's test of the difference of accuracy.
    pub mcnemar: McNemar,
    /// The changed rows by their labels before and after, most rows first.
    pub flows: Vec<Flow>,
    /// Every row whose labels changed, in the order of the rows.
    pub changes: Vec<Change>,
}

/// Compares one head of two engines' models on labelled texts: `a`'s is the current one, `b`'s the one that
/// could replace it. A model with a single head is compared by it, whatever its name. `progress` is called
/// with the rows done, of twice as many as there are; an error that it returns stops the work and is the
/// result.
///
/// # Errors
/// `invalid-input` where the task is not a head, or is a regression, and for an option out of range;
/// `data-invalid` where the two heads do not have the same labels, or a row has one that they do not know;
/// the errors of reading `rows`; `internal`.
pub fn compare<R: LabelledRows + Sync + ?Sized>(
    a: &Engine,
    b: &Engine,
    rows: &R,
    options: &EvaluateOptions,
    progress: OnProgress<'_, usize>,
) -> Result<Comparison> {
    options.check()?;
    let (one, other) = (Side::of(a, options)?, Side::of(b, options)?);
    if let Some(task) = &options.task
        && [&one, &other].iter().all(|side| side.head.name != *task)
    {
        return Err(Error::invalid("task", format!("neither model has a head {}", quoted(task))));
    }
    let places = places(&one.head, &other.head)?;
    let (truth, row_places) = answers::truth(&one.head, rows)?;
    let from = one.predict(a, rows, progress)?;
    let to = other.predict(b, rows, &|done| progress(rows.count() + done))?;
    let to: Vec<Prediction> = to.iter().map(|prediction| moved(prediction, &places)).collect();
    a.install(|_| {
        let answers = |predictions| Answers::of(&one.head, &row_places, &truth, predictions);
        let (a, b) = (answers(&from), answers(&to));
        let changed = changed(&a, &b);
        let mut changes = changes(&a, &b, &changed);
        if options.texts {
            let texts = answers::texts(rows, &changed)?;
            changes.iter_mut().zip(texts).for_each(|(change, text)| change.text = Some(text));
        }
        let of = |figures: Figures<'_>, sign| contrast(figures, rows.count(), options, sign);
        let both = [&a, &b];
        let claims = both.map(claims);
        let mae = || of(&|rows| both.map(|side| metrics::mean_absolute_error(side, rows)), -1.0);
        Ok(Comparison {
            task: one.head.name.clone(),
            rows: rows.count(),
            a: one.model.clone(),
            b: other.model.clone(),
            accuracy: of(&|rows| both.map(|side| metrics::accuracy(side, rows)), 1.0),
            macro_f1: of(&|rows| both.map(|side| classes::macro_f1_of(side, rows)), 1.0),
            ece: of(
                &|rows| [&claims[0], &claims[1]].map(|side| expected_calibration_error(side, rows)),
                -1.0,
            ),
            mean_absolute_error: (one.head.link == Link::Ordinal).then(mae),
            mcnemar: test(&changes),
            flows: flows(&changes),
            changes,
        })
    })
}

/// One of the two models, and the head that is compared.
#[derive(Debug)]
struct Side {
    model: ModelInfo,
    head: HeadMeaning,
    index: usize,
}

impl Side {
    fn of(engine: &Engine, options: &EvaluateOptions) -> Result<Self> {
        engine.install(|pipeline| {
            let model = &pipeline.model;
            let task = options.task.as_deref().filter(|_| model.heads.len() > 1);
            let index = answers::head(model, task).map_err(|e| e.context(&model.info.name))?;
            Ok(Self { model: model.info.clone(), head: model.heads[index].clone(), index })
        })
    }

    fn predict<R: LabelledRows + Sync + ?Sized>(
        &self,
        engine: &Engine,
        rows: &R,
        progress: OnProgress<'_, usize>,
    ) -> Result<Vec<Prediction>> {
        engine.install(|pipeline| answers::predict(&pipeline.model, self.index, rows, progress))
    }
}

/// The place of each label of `b` among those of `a`.
fn places(a: &HeadMeaning, b: &HeadMeaning) -> Result<Vec<usize>> {
    let invalid = |message: String| Err(Error::new(ErrorKind::DataInvalid, message));
    let [first, second] = [a, b].map(|head| head.labels.iter().collect::<BTreeSet<_>>());
    let only = |these: &BTreeSet<&String>, those: &BTreeSet<&String>| {
        let names: Vec<_> = these.difference(those).map(|name| name.as_str()).collect();
        if names.is_empty() { "none more".to_owned() } else { names.join(", ") }
    };
    if first != second {
        let (one, other) = (only(&first, &second), only(&second, &first));
        return invalid(format!(
            "the models do not have the same labels: the first alone has {one}; the second alone has {other}"
        ));
    }
    if a.link != b.link {
        let (one, other) = (&a.name, &b.name);
        return invalid(format!(
            "`{one}` of the first model and `{other}` of the second are of different kinds"
        ));
    }
    if a.link == Link::Ordinal && a.labels != b.labels {
        return invalid("the models have the same levels in different orders".to_owned());
    }
    let place = |label: &String| a.labels.iter().position(|other| other == label);
    Ok(b.labels.iter().filter_map(place).collect())
}

/// A prediction with its labels at other places.
fn moved(prediction: &Prediction, places: &[usize]) -> Prediction {
    let mut scores = vec![0.0; prediction.scores.len()];
    places.iter().zip(&prediction.scores).for_each(|(&place, &score)| scores[place] = score);
    let mut labels: Vec<usize> = prediction.labels.iter().map(|&label| places[label]).collect();
    labels.sort_unstable();
    Prediction { labels, scores }
}

/// A figure of the first and of the second model on chosen rows.
type Figures<'a> = &'a (dyn Fn(&[usize]) -> [f64; 2] + Sync);

/// `sign` is 1 where more is better, -1 where less is.
fn contrast(figures: Figures<'_>, rows: usize, options: &EvaluateOptions, sign: f64) -> Contrast {
    let drawn = Bootstrap::new(rows, options).draw(&|rows| {
        let [a, b] = figures(rows);
        vec![a, b, b - a]
    });
    let better = |difference: f64| match sign * difference {
        gain if gain > 0.0 => 1.0,
        gain if gain < 0.0 => 0.0,
        _ => 0.5,
    };
    let (sum, count) = drawn.of(2).fold((0.0, 0.0), |(sum, count), d| (sum + better(d), count + 1.0));
    let difference = drawn.interval(2);
    let b_better = if count > 0.0 { sum / count } else { better(difference.value) };
    Contrast { a: drawn.interval(0), b: drawn.interval(1), difference, b_better }
}
