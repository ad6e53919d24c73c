//! `frontdesk train --task route`.

use std::path::Path;

use frontdesk::outcomes::{LearnOptions, RouteTraining, RouteTrainingProgress, train_route};
use frontdesk::route::PolicySource;
use frontdesk::{Error, ModelSource, Result};

use crate::args::TrainArgs;
use crate::output::show;
use crate::{progress, render};

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    if let Some((name, _)) = of_heads(args).into_iter().find(|(_, given)| *given) {
        return Err(Error::invalid(
            name,
            format!("--{name} is of models; a policy that learns from outcomes has none"),
        ));
    }
    let (Some(data), Some(output)) = (args.data.clone(), args.output.clone()) else {
        return Err(Error::invalid("output", "--output names the file that the policy is written to"));
    };
    let read = |path: &Path| LearnOptions::read(path);
    let training = RouteTraining {
        data,
        output,
        policy: args.policy.clone().map(PolicySource::File),
        options: args.reward.as_deref().map(read).transpose()?.unwrap_or_default(),
        model: args.base.clone().map_or(ModelSource::Default, ModelSource::from),
        threads: args.threads,
    };
    let bar = progress::rows(0, "reading tickets");
    let trained = train_route(&training, &|RouteTrainingProgress { done, total }| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        Ok(())
    })?;
    bar.finish_and_clear();
    show(args.format, &trained, |trained| render::learnt(&trained.report, trained.policy.as_deref()))
}

/// Options that a training of heads takes and this does not, and whether each was given.
fn of_heads(args: &TrainArgs) -> [(&'static str, bool); 31] {
    [
        ("valid", args.valid.is_some()),
        ("name", args.name.is_some()),
        ("bundle-version", args.version.is_some()),
        ("licence", args.licence.is_some()),
        ("half", args.half),
        ("method", args.method.is_some()),
        ("pooling", args.pooling.is_some()),
        ("dense", args.dense.is_some()),
        ("epochs", args.epochs.is_some()),
        ("patience", args.patience.is_some()),
        ("metric", args.metric.is_some()),
        ("batch", args.batch.is_some()),
        ("accumulate", args.accumulate.is_some()),
        ("learning-rate", args.learning_rate.is_some()),
        ("head-learning-rate", args.head_learning_rate.is_some()),
        ("layer-decay", args.layer_decay.is_some()),
        ("warmup", args.warmup.is_some()),
        ("weight-decay", args.weight_decay.is_some()),
        ("dropout", args.dropout.is_some()),
        ("smoothing", args.smoothing.is_some()),
        ("balanced", args.balanced),
        ("probe", args.probe),
        ("distil", args.distil.is_some()),
        ("quantised-epochs", args.quantised_epochs.is_some()),
        ("lora-rank", args.lora_rank.is_some()),
        ("checkpoint-every", args.checkpoint_every.is_some()),
        ("resume", args.resume),
        ("automate-at", args.automate_at.is_some()),
        ("texts", args.texts),
        ("allow", !args.allow.is_empty()),
        ("check-only", args.check_only || args.dry_run),
    ]
}
