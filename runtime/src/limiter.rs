//! Memory and tables, while they grow.

use crate::execution::{DeniedAttempt, Rule};
use crate::sandbox::Largest;
use policies::Limits;
use wasmtime::ResourceLimiter;

/// Allows growth within the limits and remembers what it refused.
pub(crate) struct Limiter {
    limits: Limits,
    /// What set the limits of memory and of a table: the policy, or the pool below it.
    memory_by: &'static str,
    elements_by: &'static str,
    /// All linear memories of the instance together.
    memory: usize,
    pub(crate) peak: usize,
    /// The last refusal, in words: what a run that then fails, fails of.
    pub(crate) refused: Option<String>,
    /// The first refusals, and how many there were in all.
    pub(crate) denied: Vec<DeniedAttempt>,
    pub(crate) denied_count: u64,
}

impl Limiter {
    /// Bytes of memory that the guest might still have.
    pub(crate) fn room(&self) -> usize {
        let limit = usize::try_from(self.limits.memory.0).unwrap_or(usize::MAX);
        limit.saturating_sub(self.memory)
    }

    pub(crate) fn new(limits: &Limits, largest: Largest) -> Self {
        let mut limits = *limits;
        let memory_by = if limits.memory > largest.memory {
            "the sandbox's largest memory"
        } else {
            "limits.memory"
        };
        limits.memory = limits.memory.min(largest.memory);
        let elements_by = if limits.table_elements > largest.table_elements {
            "the sandbox's largest table"
        } else {
            "limits.table_elements"
        };
        limits.table_elements = limits.table_elements.min(largest.table_elements);
        Self {
            limits,
            memory_by,
            elements_by,
            memory: 0,
            peak: 0,
            refused: None,
            denied: Vec::new(),
            denied_count: 0,
        }
    }

    fn refuse(&mut self, what: &str, target: String, rule: Rule, why: String) {
        self.denied_count += 1;
        if self.denied.len() < crate::Execution::MAX_DENIED {
            self.denied.push(DeniedAttempt {
                what: what.to_owned(),
                target,
                rule,
            });
        }
        self.refused = Some(why);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Beyond its own maximum the module may not grow anyway: no rule of ours is touched.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory - current + desired;
        if total as u64 > self.limits.memory.0 {
            let why = format!(
                "{total} bytes of memory ({} pages) were asked for and {} are allowed ({})",
                total.div_ceil(65_536),
                self.limits.memory,
                self.memory_by
            );
            self.refuse("memory.grow", format!("{total} bytes"), Rule::Memory, why);
            return Ok(false);
        }
        self.memory = total;
        self.peak = self.peak.max(total);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if desired as u64 > u64::from(self.limits.table_elements) {
            let why = format!(
                "a table of {desired} elements was asked for and {} are allowed ({})",
                self.limits.table_elements, self.elements_by
            );
            self.refuse(
                "table.grow",
                format!("{desired} elements"),
                Rule::Tables,
                why,
            );
            return Ok(false);
        }
        Ok(true)
    }

    fn tables(&self) -> usize {
        self.limits.tables as usize
    }

    fn instances(&self) -> usize {
        self.limits.instances as usize
    }
}
