//! The longest common part of two lists of lines, and what is around it.

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Keep,
    Remove,
    Add,
}

/// One line of the way from one text to the other.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit<'a> {
    pub change: Change,
    pub line: &'a str,
}

/// The way with the fewest lines removed and added; removed lines come before added ones.
pub fn edits<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Edit<'a>> {
    // common[i][j] is how many lines before[i..] and after[j..] have in common, in order.
    let width = after.len() + 1;
    let mut common = vec![0_u16; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i * width + j] = if before[i] == after[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }

    let mut edits = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < before.len() || j < after.len() {
        let (change, line) = if i < before.len() && j < after.len() && before[i] == after[j] {
            (Change::Keep, before[i])
        } else if j == after.len()
            || i < before.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]
        {
            (Change::Remove, before[i])
        } else {
            (Change::Add, after[j])
        };
        i += usize::from(change != Change::Add);
        j += usize::from(change != Change::Remove);
        edits.push(Edit { change, line });
    }
    edits
}
