//! `frontdesk info`.

use frontdesk::{Engine, Result};

use crate::args::{InfoArgs, ReportFormat};
use crate::output::{Output, json};
use crate::render;

pub(crate) fn run(args: &InfoArgs) -> Result<()> {
    let engine = Engine::open(args.engine.options())?;
    let mut output = Output::open(None)?;
    output.write(&match args.format {
        ReportFormat::Json => json(engine.info())?,
        ReportFormat::Table => render::info(engine.info()),
    })?;
    output.finish()
}
