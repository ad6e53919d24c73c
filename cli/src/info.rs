//! `frontdesk info`.

use frontdesk::{Engine, Result};

use crate::args::InfoArgs;
use crate::output::show;
use crate::render;

pub(crate) fn run(args: &InfoArgs) -> Result<()> {
    let engine = Engine::open(args.engine.options())?;
    show(args.format, engine.info(), render::info)
}
