//! `frontdesk serve`.

use std::time::Duration;

use frontdesk::{Engine, Error, ErrorKind, ModelSource, Result};
use frontdesk_server::{Keys, ServerOptions};
use tracing_subscriber::EnvFilter;

use crate::args::ServeArgs;

/// Holds bearer keys, one a line.
const KEYS: &str = "FRONTDESK_API_KEYS";

/// What is logged, by target and level.
const LOG: &str = "FRONTDESK_LOG";

pub(crate) fn run(args: &ServeArgs) -> Result<()> {
    let limits = ServerOptions {
        max_body_bytes: args.max_body,
        max_buffered_bytes: args.max_buffered,
        max_tickets: args.max_tickets,
        timeout: Duration::try_from_secs_f64(args.timeout)
            .map_err(|e| Error::invalid("timeout", format!("{}: {e}", args.timeout)))?,
        keys: match (&args.keys, std::env::var(KEYS)) {
            (Some(file), _) => Some(Keys::read(file)?),
            (None, Ok(keys)) => Some(Keys::parse(&keys).map_err(|e| e.context(KEYS))?),
            (None, Err(std::env::VarError::NotPresent)) => None,
            (None, Err(error)) => return Err(Error::invalid("keys", format!("{KEYS}: {error}"))),
        },
        ..ServerOptions::default()
    };
    let mut options = args.engine.options();
    options.queue = args.queue;
    options.route = args.policy.options();
    options.prepare = args.prepare;
    options.sentiment_model = args.sentiment_model.clone().map(ModelSource::from);
    let filter = match std::env::var(LOG) {
        Ok(filter) => EnvFilter::try_new(filter).map_err(|e| Error::invalid("log", format!("{LOG}: {e}")))?,
        Err(std::env::VarError::NotPresent) => EnvFilter::new("info"),
        Err(error) => return Err(Error::invalid("log", format!("{LOG}: {error}"))),
    };
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .try_init()
        .map_err(|e| Error::new(ErrorKind::Internal, format!("starting the log: {e}")))?;
    let engine = Engine::open(options)?;
    frontdesk_server::run(args.listen, engine, limits, |address| {
        eprintln!("frontdesk: listening on http://{address}, documentation at http://{address}/api/docs");
    })
}
