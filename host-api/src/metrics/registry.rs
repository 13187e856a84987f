//! Registers metrics as their definitions say.

use super::definition::{Labels, Metric, MetricKind, MetricUnit};
use prometheus_client::metrics::counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Cow;
use std::sync::atomic::AtomicU64;

pub(super) use prometheus_client::metrics::histogram::Histogram;
pub(super) type Counter = counter::Counter;
/// A counter of what comes in fractions, such as seconds.
pub(super) type FloatCounter = counter::Counter<f64, AtomicU64>;
pub(super) type Gauge = gauge::Gauge<f64, AtomicU64>;

/// Metrics of one definition, told apart by the values of its labels.
pub(super) struct Many<const N: usize, M, C = fn() -> M> {
    metric: &'static Metric,
    family: Family<Labels<N>, M, C>,
}

pub(super) type Counters<const N: usize> = Many<N, Counter>;
pub(super) type FloatCounters<const N: usize> = Many<N, FloatCounter>;
pub(super) type Gauges<const N: usize> = Many<N, Gauge>;
pub(super) type Histograms<const N: usize> = Many<N, Histogram, Buckets>;

/// Makes histograms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl<const N: usize, M: Clone, C: MetricConstructor<M>> Many<N, M, C> {
    /// The one with these values. It is looked up: whoever counts often keeps it.
    pub(super) fn of(&self, values: [impl Into<Cow<'static, str>>; N]) -> M {
        let labels = self.metric.labels(values.map(Into::into));
        self.family.get_or_create_owned(&labels)
    }

    /// Forgets the one with these values.
    pub(super) fn remove(&self, values: [impl Into<Cow<'static, str>>; N]) {
        let labels = self.metric.labels(values.map(Into::into));
        self.family.remove(&labels);
    }
}

/// Registers metrics.
#[derive(Default)]
pub(super) struct Registering {
    registry: Registry,
    names: Vec<&'static str>,
}

impl Registering {
    /// The registry, and the names in it.
    pub(super) fn done(self) -> (Registry, Vec<&'static str>) {
        (self.registry, self.names)
    }

    pub(super) fn counter(&mut self, metric: &'static Metric) -> Counter {
        let counter = Counter::default();
        self.register(metric, "counter", 0, counter.clone());
        counter
    }

    pub(super) fn float_counter(&mut self, metric: &'static Metric) -> FloatCounter {
        let counter = FloatCounter::default();
        self.register(metric, "counter", 0, counter.clone());
        counter
    }

    pub(super) fn counters<const N: usize>(&mut self, metric: &'static Metric) -> Counters<N> {
        let family = Family::default();
        self.register(metric, "counter", N, family.clone());
        Many { metric, family }
    }

    pub(super) fn float_counters<const N: usize>(
        &mut self,
        metric: &'static Metric,
    ) -> FloatCounters<N> {
        let family = Family::default();
        self.register(metric, "counter", N, family.clone());
        Many { metric, family }
    }

    pub(super) fn gauge(&mut self, metric: &'static Metric) -> Gauge {
        let gauge = Gauge::default();
        self.register(metric, "gauge", 0, gauge.clone());
        gauge
    }

    pub(super) fn gauges<const N: usize>(&mut self, metric: &'static Metric) -> Gauges<N> {
        let family = Family::default();
        self.register(metric, "gauge", N, family.clone());
        Many { metric, family }
    }

    pub(super) fn histograms<const N: usize>(&mut self, metric: &'static Metric) -> Histograms<N> {
        let MetricKind::Histogram(buckets) = metric.kind else {
            panic!("{} is no histogram", metric.name);
        };
        let family = Family::new_with_constructor(Buckets(buckets));
        self.register(metric, "histogram", N, family.clone());
        Many { metric, family }
    }

    pub(super) fn info<const N: usize>(
        &mut self,
        metric: &'static Metric,
        values: [Cow<'static, str>; N],
    ) {
        let info = Info::new(metric.labels(values));
        self.register(metric, "info", N, info);
    }

    fn register(
        &mut self,
        metric: &'static Metric,
        kind: &str,
        labels: usize,
        what: impl prometheus_client::registry::Metric,
    ) {
        assert_eq!(metric.kind.as_str(), kind, "{}", metric.name);
        assert_eq!(metric.labels.len(), labels, "{}", metric.name);
        self.names.push(metric.name);
        match metric.unit {
            None => self.registry.register(metric.family(), metric.help, what),
            Some(unit) => {
                let unit = match unit {
                    MetricUnit::Seconds => Unit::Seconds,
                    MetricUnit::Bytes => Unit::Bytes,
                };
                self.registry
                    .register_with_unit(metric.family(), metric.help, unit, what);
            }
        }
    }
}
