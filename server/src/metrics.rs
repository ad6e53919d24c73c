//! Prometheus metrics: those of the service's requests, and those of the engine.

use std::time::Duration;

use frontdesk::{Engine, metrics::Histogram as Buckets};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The label of every path that does not exist: a client cannot make new series.
pub(crate) const OTHER: &str = "other";

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    path: String,
    status: u16,
}

/// Labels of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Endpoint {
    path: String,
}

/// The service's own counters and the registry that shows them with the engine's.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Request, Counter>,
    seconds: Family<Endpoint, Histogram, fn() -> Histogram>,
    registry: Registry,
}

fn histogram() -> Histogram {
    Histogram::new(frontdesk::metrics::SECONDS.iter().copied())
}

impl Metrics {
    /// Every path of `paths` shows zeros from the start.
    pub(crate) fn new(engine: Engine, paths: &[&str]) -> Self {
        let requests = Family::<Request, Counter>::default();
        let seconds = Family::<Endpoint, Histogram, _>::new_with_constructor(histogram as fn() -> Histogram);
        for path in paths {
            drop(requests.get_or_create(&Request { path: (*path).to_owned(), status: 200 }));
            drop(seconds.get_or_create(&Endpoint { path: (*path).to_owned() }));
        }
        drop(requests.get_or_create(&Request { path: OTHER.to_owned(), status: 404 }));
        drop(seconds.get_or_create(&Endpoint { path: OTHER.to_owned() }));
        let mut registry = Registry::with_prefix("frontdesk");
        registry.register("requests", "Requests by path and status", requests.clone());
        registry.register("request_seconds", "From a request's headers to its answer", seconds.clone());
        registry.register_collector(Box::new(EngineMetrics(engine)));
        Self { requests, seconds, registry }
    }

    pub(crate) fn observe(&self, path: &str, status: u16, time: Duration) {
        self.count(path, status);
        self.seconds.get_or_create(&Endpoint { path: path.to_owned() }).observe(time.as_secs_f64());
    }

    /// Counts a request that took no time to speak of.
    pub(crate) fn count(&self, path: &str, status: u16) {
        self.requests.get_or_create(&Request { path: path.to_owned(), status }).inc();
    }

    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The engine's counters, read for each request.
#[derive(Debug)]
struct EngineMetrics(Engine);

impl Collector for EngineMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let frontdesk::Metrics {
            queue_depth,
            calls,
            overloaded,
            tickets,
            tokens,
            queue_seconds,
            inference_seconds,
            batch_texts,
        } = self.0.metrics().map_err(|_| std::fmt::Error)?;
        let depth = i64::try_from(queue_depth).unwrap_or(i64::MAX);
        encoder
            .encode_descriptor("queue_depth", "Tickets that wait for a batch", None, MetricType::Gauge)?
            .encode_gauge(&depth)?;
        for (name, help, value) in [
            ("engine_calls", "Calls that the engine accepted", calls),
            ("overloaded", "Calls that were refused because the queue was full", overloaded),
            ("tickets", "Tickets that were answered", tickets),
            ("tokens", "Tokens that the models read", tokens),
        ] {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, u64, f64>(&value, None)?;
        }
        for (name, help, value) in [
            ("queue_seconds", "From handing a call over to its first ticket being run", queue_seconds),
            ("inference_seconds", "Each forward pass of a batch", inference_seconds),
            ("batch_texts", "Texts in each batch", batch_texts),
        ] {
            let Buckets { buckets, sum } = &value;
            encoder
                .encode_descriptor(name, help, None, MetricType::Histogram)?
                .encode_histogram::<NoLabelSet>(*sum, value.count(), buckets, None)?;
        }
        Ok(())
    }
}
