//! `frontdesk train --task route`.

use std::path::Path;

use frontdesk::outcomes::{LearnOptions, RouteTraining, train_route};
use frontdesk::route::PolicySource;
use frontdesk::{Error, ModelSource, Result};

use crate::args::TrainArgs;
use crate::output::show;
use crate::{progress, render};

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let (Some(data), Some(output)) = (args.data.clone(), args.output.clone()) else {
        return Err(Error::invalid("output", "--output names the file that the policy is written to"));
    };
    let read = |path: &Path| LearnOptions::read(path);
    let training = RouteTraining {
        data,
        output,
        policy: args.policy.clone().map(PolicySource::File),
        options: args.reward.as_deref().map(read).transpose()?.unwrap_or_default(),
        model: args.base.as_deref().map_or(ModelSource::Default, ModelSource::from),
        threads: args.threads,
    };
    let bar = progress::rows(0, "reading tickets");
    let trained = train_route(&training, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        Ok(())
    })?;
    bar.finish_and_clear();
    show(args.format, &trained, |trained| render::learnt(&trained.report, trained.policy.as_deref()))
}
