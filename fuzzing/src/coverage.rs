//! Which edges were seen, and how often in a run.

/// Which edges were seen, and in which classes of counts.
pub(crate) struct Coverage {
    /// For each edge, a bit for each class of counts that was seen.
    seen: Vec<u8>,
    reached: usize,
}

/// What a run's counters told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Novelty {
    /// Edges that were never seen before.
    pub(crate) edges: u32,
    /// Classes of counts that were never seen before.
    pub(crate) counts: u32,
    /// Tells the paths of runs apart.
    pub(crate) path: u64,
    /// How many edges it went over.
    pub(crate) width: u32,
}

/// The class of a count, as AFL has it: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.
const fn class(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128.. => 128,
    }
}

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut count = 0;
    while count < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "it is below 256")]
        {
            classes[count] = class(count as u8);
        }
        count += 1;
    }
    classes
};

impl Coverage {
    pub(crate) fn new(edges: usize) -> Self {
        Self {
            seen: vec![0; edges],
            reached: 0,
        }
    }

    /// How many edges were reached so far.
    pub(crate) fn reached(&self) -> usize {
        self.reached
    }

    /// Whether an edge was ever reached.
    pub(crate) fn is_reached(&self, edge: usize) -> bool {
        self.seen.get(edge).is_some_and(|seen| *seen != 0)
    }

    /// How many there are.
    pub(crate) fn edges(&self) -> usize {
        self.seen.len()
    }

    /// Takes a run's counters in, and sets them to 0 for the next.
    pub(crate) fn take(&mut self, counters: &mut [u8]) -> Novelty {
        let mut novelty = Novelty {
            path: 0xcbf2_9ce4_8422_2325,
            ..Novelty::default()
        };
        let mut one = |index: usize, counter: &mut u8, seen: &mut u8| {
            let class = CLASSES[usize::from(std::mem::take(counter))];
            if class == 0 {
                return;
            }
            novelty.width += 1;
            let mixed = (index as u64) << 8 | u64::from(class);
            novelty.path =
                (novelty.path.rotate_left(5) ^ mixed).wrapping_mul(0x517c_c1b7_2722_0a95);
            if *seen & class == 0 {
                novelty.counts += 1;
                if *seen == 0 {
                    novelty.edges += 1;
                }
                *seen |= class;
            }
        };
        let mut counters = counters.chunks_exact_mut(8);
        let mut seen = self.seen.chunks_exact_mut(8);
        let mut index = 0;
        for (counters, seen) in counters.by_ref().zip(seen.by_ref()) {
            // Most are not reached in a run.
            if *counters != [0; 8] {
                for (at, (counter, seen)) in counters.iter_mut().zip(seen).enumerate() {
                    one(index + at, counter, seen);
                }
            }
            index += 8;
        }
        for (counter, seen) in counters
            .into_remainder()
            .iter_mut()
            .zip(seen.into_remainder())
        {
            one(index, counter, seen);
            index += 1;
        }
        self.reached += novelty.edges as usize;
        novelty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_new_once_and_a_count_once_in_each_class() {
        let mut coverage = Coverage::new(19);
        let mut run = |counts: &[(usize, u8)]| {
            let mut counters = vec![0; 19];
            for (edge, count) in counts {
                counters[*edge] = *count;
            }
            let novelty = coverage.take(&mut counters);
            assert!(counters.iter().all(|counter| *counter == 0));
            (novelty.edges, novelty.counts)
        };
        assert_eq!(run(&[(0, 1), (18, 1)]), (2, 2));
        assert_eq!(run(&[(0, 1), (18, 1)]), (0, 0));
        assert_eq!(run(&[(0, 2), (9, 4)]), (1, 2));
        assert_eq!(run(&[(9, 7)]), (0, 0));
        assert_eq!(run(&[(9, 8)]), (0, 1));
        assert_eq!(coverage.reached(), 3);
    }

    #[test]
    fn paths_differ_by_edge_and_by_class() {
        let mut coverage = Coverage::new(16);
        let mut path = |edge: usize, count: u8| {
            let mut counters = [0; 16];
            counters[edge] = count;
            coverage.take(&mut counters).path
        };
        assert_eq!(path(3, 4), path(3, 5));
        assert_ne!(path(3, 4), path(3, 1));
        assert_ne!(path(3, 4), path(4, 4));
    }
}
