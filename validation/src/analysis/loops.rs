//! Loops that nothing ends.

use wasmparser::{BinaryReaderError, Operator};

/// One open block.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was seen or not"
)]
struct Frame {
    is_loop: bool,
    /// The code before it was reachable.
    entered: bool,
    /// A branch goes back to its beginning.
    repeats: bool,
    /// Something in it leads out of it, or may: a branch, a return, a trap, a call.
    leaves: bool,
    /// A reachable branch leads to its end.
    ends: bool,
    /// An `if` whose condition may lead past it: no `else` was seen.
    may_be_passed: bool,
}

/// Follows the blocks of one function.
#[derive(Debug)]
pub(super) struct Control {
    frames: Vec<Frame>,
    reachable: bool,
    endless: bool,
}

impl Default for Control {
    fn default() -> Self {
        let mut control = Self {
            frames: Vec::new(),
            reachable: true,
            endless: false,
        };
        // The function's own block.
        control.open(false);
        control
    }
}

impl Control {
    /// Whether there is a loop that can be entered, repeats and is never left.
    pub(super) fn endless(&self) -> bool {
        self.endless
    }

    fn open(&mut self, is_loop: bool) {
        self.frames.push(Frame {
            is_loop,
            entered: self.reachable,
            repeats: false,
            leaves: false,
            ends: false,
            may_be_passed: false,
        });
    }

    fn branch(&mut self, depth: u32) {
        if !self.reachable {
            return;
        }
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        let Some(target) = self.frames.len().checked_sub(depth.saturating_add(1)) else {
            return;
        };
        for frame in &mut self.frames[target + 1..] {
            frame.leaves = true;
        }
        let target = &mut self.frames[target];
        if target.is_loop {
            target.repeats = true;
        } else {
            target.ends = true;
        }
    }

    /// Something may end all that is open.
    fn leave(&mut self) {
        if self.reachable {
            for frame in &mut self.frames {
                frame.leaves = true;
            }
        }
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.is_loop {
            // Its end is only come to by falling through.
            let leaves = frame.leaves || self.reachable;
            self.endless |= frame.entered && frame.repeats && !leaves;
        } else {
            self.reachable |= frame.ends || frame.may_be_passed;
        }
    }

    pub(super) fn step(&mut self, operator: &Operator<'_>) -> Result<(), BinaryReaderError> {
        use Operator as O;
        match operator {
            O::Block { .. } | O::TryTable { .. } => self.open(false),
            O::If { .. } => {
                self.open(false);
                if let Some(frame) = self.frames.last_mut() {
                    frame.may_be_passed = self.reachable;
                }
            }
            O::Loop { .. } => self.open(true),
            O::Else => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.ends |= self.reachable;
                    frame.may_be_passed = false;
                    self.reachable = frame.entered;
                }
            }
            O::End => self.close(),
            O::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.reachable = false;
            }
            O::BrIf { relative_depth }
            | O::BrOnNull { relative_depth }
            | O::BrOnNonNull { relative_depth }
            | O::BrOnCast { relative_depth, .. }
            | O::BrOnCastFail { relative_depth, .. } => self.branch(*relative_depth),
            O::BrTable { targets } => {
                for target in targets.targets() {
                    self.branch(target?);
                }
                self.branch(targets.default());
                self.reachable = false;
            }
            O::Return
            | O::Unreachable
            | O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
            | O::ReturnCallRef { .. }
            | O::Throw { .. }
            | O::ThrowRef => {
                self.leave();
                self.reachable = false;
            }
            // What is called may end the run or trap.
            O::Call { .. } | O::CallIndirect { .. } | O::CallRef { .. } => self.leave(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::analyse;

    /// Whether the body has a loop that nothing ends; `$f` is a function that can be called.
    fn endless(body: &str) -> bool {
        let text = format!(
            r#"(module (memory 1) (func $f)
              (func (export "_start") (local $n i32) {body}))"#
        );
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        !analyse(&wasm).expect("valid").endless.is_empty()
    }

    #[test]
    fn loops_that_nothing_ends() {
        for body in [
            "(loop (br 0))",
            "(loop $l (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))",
            "(block (loop (block (br 1))))",
            "(loop $outer (loop $inner (br_if $inner (local.get $n))) (br $outer))",
            "(loop $l (if (local.get $n) (then (br $l)) (else (br $l))))",
            "(loop $l (i32.store (i32.const 0) (local.get $n)) (br $l))",
            "(loop $l (br_table $l $l (local.get $n)))",
        ] {
            assert!(endless(body), "{body}");
        }
    }

    #[test]
    fn loops_that_something_may_end() {
        for body in [
            "",
            "(loop)",
            "(loop (br_if 0 (local.get $n)))",
            "(block (loop (br 1)))",
            "(loop $l (if (local.get $n) (then (return))) (br $l))",
            "(loop $l (if (local.get $n) (then unreachable)) (br $l))",
            "(loop $l (call $f) (br $l))",
            "(loop $l (if (local.get $n) (then (br $l))))",
            "(loop $l (block $out (if (local.get $n) (then (br $out)) (else (br $l)))))",
            "(block $b (loop $l (br_table $l $b (local.get $n))))",
            "(loop $outer (loop $inner (br_if $outer (local.get $n)) (br_if $inner (local.get $n))))",
            // Never entered.
            "(return) (loop (br 0))",
        ] {
            assert!(!endless(body), "{body}");
        }
    }

    #[test]
    fn what_stands_after_an_endless_loop_is_not_reached() {
        assert!(endless("(loop $l (br $l) (return))"));
        assert!(endless("(loop $l (loop $m (br $m)) (return))"));
    }
}
