//! The results of an evaluation and of a comparison.

use frontdesk::evaluate;

use crate::analysis::ModelInfo;
use crate::mirror::mirror;

mirror! {
    ["The result of an evaluation. `meanAbsoluteError` and `spearman` are of ordinal heads only; `brier` is over all labels of a row,"]
    ["0 to 2, and `nll` in nats, both for a multi-label head the mean over the labels, and less is better. `abstention` is there"]
    ["where the head abstains, `automation` where `automateAt` was given; a multi-label head has no `confusion`. `reliability` has"]
    ["the 15 bins of `ece`, `coverage` up to 100 thresholds, highest first; `errors` are the wrong rows of the highest scores."]
    Evaluation of [evaluate::Evaluation] {
        task: [String], rows: [f64], accuracy: [Interval], macro_f1: [Interval], ece: [Interval], brier: [Interval],
        nll: [Interval], mean_absolute_error: [Option<Interval>], spearman: [Option<Interval>],
        abstention: [Option<Abstention>], automation: [Option<Automation>], per_class: [Vec<PerClass>],
        confusion: [Option<Confusion>], reliability: [Vec<ReliabilityBin>], coverage: [Vec<CoveragePoint>],
        errors: [Vec<Mistake>],
    }
    ["A figure with its 95 % interval over the rows."]
    Interval of [evaluate::Interval] { value: [f64], low: [f64], high: [f64], }
    ["Precision, recall and F1 of one label, each 0 where its denominator is 0; `support` counts the file's rows with it."]
    PerClass of [evaluate::PerClass] {
        label: [String], precision: [Interval], recall: [Interval], f1: [Interval], support: [f64],
    }
    ["Counts of the file's labels by the label that the model gave: `matrix[true][predicted]`."]
    Confusion of [evaluate::Confusion] { labels: [Vec<String>], matrix: [Vec<Vec<f64>>], }
    ["Scores from `low` to below `high`: their number, their mean, and the share of them that was right. An empty bin has neither."]
    ReliabilityBin of [evaluate::ReliabilityBin] {
        low: [f64], high: [f64], count: [f64], confidence: [Option<f64>], accuracy: [Option<f64>],
    }
    ["Of the labels that the model gave, those with a score of at least `threshold`: their share, and the share of those that is right."]
    CoveragePoint of [evaluate::CoveragePoint] { threshold: [f64], coverage: [f64], precision: [f64], }
    ["The score below which a head abstains, the share of rows on which it does, and its accuracy on the others."]
    Abstention of [evaluate::Abstention] { below: [f64], share: [Interval], accuracy: [Interval], }
    ["The labels that could be acted upon without a person: the wanted precision, the share of all given labels that is"]
    ["kept, and each label. A label's claim holds with a confidence of 95 % by itself."]
    Automation of [evaluate::Automation] { wanted: [f64], coverage: [f64], labels: [Vec<LabelThreshold>], }
    ["The lowest score from which on a label has the wanted precision: of the rows that were given the label, the number that is kept,"]
    ["their share, their precision and its lower bound. Where no threshold has it, nothing is kept."]
    LabelThreshold of [evaluate::LabelThreshold] {
        label: [String], given: [f64], threshold: [Option<f64>], kept: [f64], coverage: [f64], precision: [Option<f64>],
        low: [Option<f64>],
    }
    ["A row that is wrong, with the score of the wrong label. Several labels of one row are joined by `|`."]
    Mistake of [evaluate::Mistake] {
        line: [f64], truth: [String], given: [String], score: [f64], text: [Option<String>],
    }
    ["The result of a comparison of two models: `flows` most rows first, `changes` with every row whose labels changed."]
    Comparison of [evaluate::Comparison] {
        task: [String], rows: [f64], a: [ModelInfo], b: [ModelInfo], accuracy: [Contrast], macro_f1: [Contrast],
        ece: [Contrast], mean_absolute_error: [Option<Contrast>], mcnemar: [McNemar], flows: [Vec<Flow>],
        changes: [Vec<Change>],
    }
    ["One figure of two models: `difference` is b's less a's over the same samples, `bBetter` the share of samples on which b is"]
    ["better, a half where they are equal."]
    Contrast of [evaluate::Contrast] { a: [Interval], b: [Interval], difference: [Interval], b_better: [f64], }
    ["McNemar's exact test: rows that only b has right, rows that only a has right, and the probability of a division at least as unequal if"]
    ["both are equally often right."]
    McNemar of [evaluate::McNemar] { fixed: [f64], broken: [f64], p_value: [f64], }
    ["The rows that a gives one label and b another; `fixed` of them are right now, `broken` were."]
    Flow of [evaluate::Flow] { before: [String], after: [String], count: [f64], fixed: [f64], broken: [f64], }
    ["A row to which the two models give different labels. Its effect: it was wrong and is right, the other way round, or it is"]
    ["wrong both times."]
    Change of [evaluate::Change] {
        line: [f64], truth: [String], before: [String], after: [String],
        #[napi(ts_type = "'better' | 'worse' | 'neither'")]
        effect: [String],
        text: [Option<String>],
    }
}
