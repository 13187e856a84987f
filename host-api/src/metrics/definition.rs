//! What a metric is, said once: registration, the reference page, dashboards, rules and tests
//! are made from it or held against it.

use std::borrow::Cow;

/// A metric: what it is called, of what type and unit, told apart by which labels, and what it
/// means.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The name that queries use: with its unit, and `_total` where it counts. A histogram has
    /// samples of this name with `_bucket`, `_sum` and `_count` behind.
    pub name: &'static str,
    /// Its type.
    pub kind: MetricKind,
    /// The unit that its name ends with.
    pub unit: Option<MetricUnit>,
    /// The labels, in their order.
    pub labels: &'static [&'static str],
    /// What it means: one sentence without its full stop.
    pub help: &'static str,
}

/// Types of metrics, as OpenMetrics has them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MetricKind {
    /// Only grows, and begins at zero with the service.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How many of what was observed were at most so large.
    Histogram(&'static [f64]),
    /// Always 1; its labels are what it says.
    Info,
}

/// Units of metrics: always the base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl MetricKind {
    /// The word that OpenMetrics has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
            Self::Info => "info",
        }
    }

    /// What the names of its samples end with.
    pub fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter | Self::Gauge | Self::Info => &[""],
            Self::Histogram(_) => &["_bucket", "_sum", "_count"],
        }
    }
}

impl MetricUnit {
    /// The word that names end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
        }
    }
}

impl Metric {
    /// The name of the family: what the encoder adds for type and unit is taken off.
    pub(super) fn family(&self) -> &'static str {
        let name = match self.kind {
            MetricKind::Counter => self.name.strip_suffix("_total"),
            MetricKind::Info => self.name.strip_suffix("_info"),
            _ => Some(self.name),
        };
        let name = name.expect("tests hold every name against its type");
        match self.unit {
            Some(unit) => name
                .strip_suffix(unit.as_str())
                .and_then(|name| name.strip_suffix('_'))
                .expect("tests hold every name against its unit"),
            None => name,
        }
    }

    /// Its labels with these values.
    pub(super) fn labels<const N: usize>(&self, values: [Cow<'static, str>; N]) -> Labels<N> {
        assert_eq!(self.labels.len(), N, "{}", self.name);
        let mut labels = self.labels.iter();
        values.map(|value| (*labels.next().expect("counted"), value))
    }
}

/// Labels with their values.
pub(super) type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// Declares metrics, each as a constant, and the table of all.
macro_rules! metrics {
    ($(
        $(#[$meta:meta])*
        $constant:ident = $name:literal, $kind:expr, $unit:expr, [$($label:literal),*], $help:literal;
    )*) => {
        $(
            $(#[$meta])*
            pub(crate) static $constant: $crate::metrics::Metric = $crate::metrics::Metric {
                name: $name,
                kind: $kind,
                unit: $unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*

        /// Every metric of the service, in the order of the reference page.
        pub static METRICS: &[&$crate::metrics::Metric] = &[$(&$constant),*];
    };
}
pub(super) use metrics;
