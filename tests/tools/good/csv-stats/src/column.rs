//! What is remembered of one column, and what follows from it.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The values of one column.
pub struct Column {
    name: String,
    empty: usize,
    counts: BTreeMap<String, usize>,
}

/// What a column holds.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// How many records have nothing there (or white space only).
    pub empty: usize,
    /// How many different values there are, empty ones left out.
    pub distinct: usize,
    /// Of numbers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// Of texts only; the first in the alphabet if several are as frequent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_frequent: Option<Frequent>,
}

/// What the values of a column are.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All that are there are finite numbers.
    Number,
    /// At least one is not.
    Text,
    /// There is none.
    Empty,
}

/// How the numbers of a column are spread.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Numbers {
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// The middle one; of an even number of them the mean of the two in the middle.
    pub median: f64,
    /// Standard deviation of the whole (divided by the count).
    pub deviation: f64,
}

/// A value and how often it is there.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Frequent {
    pub value: String,
    pub count: usize,
}

impl Column {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            empty: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Counts a value.
    pub fn take(&mut self, value: &str) {
        match value.trim() {
            "" => self.empty += 1,
            value => *self.counts.entry(value.to_owned()).or_default() += 1,
        }
    }

    pub fn summary(self) -> Summary {
        let numbers = self.numbers();
        let kind = match &numbers {
            _ if self.counts.is_empty() => Kind::Empty,
            Some(_) => Kind::Number,
            None => Kind::Text,
        };
        let most_frequent = (kind == Kind::Text).then(|| self.most_frequent()).flatten();
        Summary {
            name: self.name,
            kind,
            empty: self.empty,
            distinct: self.counts.len(),
            numbers,
            most_frequent,
        }
    }

    fn most_frequent(&self) -> Option<Frequent> {
        // `max_by_key` takes the last of equals, so the alphabet goes backwards.
        let (value, count) = self.counts.iter().rev().max_by_key(|(_, count)| **count)?;
        Some(Frequent {
            value: value.clone(),
            count: *count,
        })
    }

    /// None if a value is no finite number, or if there is none at all.
    #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 records")]
    fn numbers(&self) -> Option<Numbers> {
        let mut values = Vec::new();
        for (text, count) in &self.counts {
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
            values.extend(std::iter::repeat_n(value, *count));
        }
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Some(Numbers {
            min,
            max,
            mean,
            median,
            deviation: (squares / count).sqrt(),
        })
    }
}
