//! The tool as a component: the functions of the world `ocode:tool/tool` (`guest-sdk/wit`), as
//! the canonical ABI wants them of a core module.
//!
//! They are in every tool that is compiled for WASI, and the linker leaves them out unless it is
//! told to export them, as the builder of components does. So one compilation serves both forms:
//! the same `main` that runs a command says here, instead, what the tool is.

#![allow(
    unsafe_code,
    reason = "strings come and go as addresses in the module's memory"
)]

use crate::ToolError;
use crate::program::Tool;
use std::alloc::{Layout, alloc, handle_alloc_error, realloc};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a function of this file runs `main`, to learn what the tool is.
static IS_ASKED: AtomicBool = AtomicBool::new(false);
/// What it said.
static TOOL: OnceLock<Tool> = OnceLock::new();

unsafe extern "C" {
    /// What a start function of the C library does before `main`, which is not called here.
    fn __wasm_call_ctors();
    /// `main` under the name by which the C library calls it.
    fn __main_void() -> i32;
}

/// Called by `main`: whether it is to tell what the tool is instead of running it.
pub(crate) fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

/// Takes what `main` has to tell.
pub(crate) fn tell(tool: Tool) {
    // A second `main` there is not.
    let _ = TOOL.set(tool);
}

/// The tool; the first call begins the program.
fn tool() -> &'static Tool {
    if let Some(tool) = TOOL.get() {
        return tool;
    }
    IS_ASKED.store(true, Ordering::Relaxed);
    // SAFETY: both are called once, before anything else of the program, in this order.
    unsafe {
        __wasm_call_ctors();
        __main_void();
    }
    TOOL.get()
        .expect("`main`, which #[tool] writes, tells what the tool is")
}

/// A string on its way to the host, which reads it before it calls [`free`](Text::free).
#[repr(C)]
struct Text {
    start: *mut u8,
    length: usize,
}

impl Text {
    const NONE: Self = Self {
        start: std::ptr::null_mut(),
        length: 0,
    };

    fn new(text: String) -> Self {
        let text: &mut str = Box::leak(text.into_boxed_str());
        Self {
            start: text.as_mut_ptr(),
            length: text.len(),
        }
    }

    /// # Safety
    /// Once, and nothing reads the text after.
    unsafe fn free(self) {
        if !self.start.is_null() {
            let bytes = std::ptr::slice_from_raw_parts_mut(self.start, self.length);
            // SAFETY: they were a box's before `new` let go of them.
            drop(unsafe { Box::from_raw(bytes) });
        }
    }
}

/// `result<string, tool-error>` in memory.
#[repr(C)]
struct Answer {
    is_error: u8,
    /// The output; or the error's code.
    first: Text,
    message: Text,
    has_details: u8,
    details: Text,
}

impl Answer {
    fn new(answer: Result<String, ToolError>) -> Self {
        match answer {
            Ok(output) => Self {
                is_error: 0,
                first: Text::new(output),
                message: Text::NONE,
                has_details: 0,
                details: Text::NONE,
            },
            Err(error) => Self {
                is_error: 1,
                first: Text::new(error.code),
                message: Text::new(error.message),
                has_details: error.details.is_some().into(),
                details: error
                    .details
                    .map_or(Text::NONE, |details| Text::new(details.to_string())),
            },
        }
    }
}

/// `manifest: func() -> string`.
#[unsafe(no_mangle)]
extern "C" fn manifest() -> *mut Text {
    Box::into_raw(Box::new(Text::new(tool().manifest())))
}

/// What [`manifest`] gave has been read.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_post_manifest(text: *mut Text) {
    // SAFETY: the host gives back what it got, once.
    unsafe { Box::from_raw(text).free() }
}

/// `run: func(input: string) -> result<string, tool-error>`.
#[unsafe(no_mangle)]
unsafe extern "C" fn run(start: *mut u8, length: usize) -> *mut Answer {
    // SAFETY: the host wrote the input into what it had from `cabi_realloc`, and leaves it to us.
    let input = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, length)) };
    Box::into_raw(Box::new(Answer::new(tool().answer(&input))))
}

/// What [`run`] gave has been read.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_post_run(answer: *mut Answer) {
    // SAFETY: the host gives back what it got, once.
    unsafe {
        let answer = *Box::from_raw(answer);
        answer.first.free();
        answer.message.free();
        answer.details.free();
    }
}

/// Memory for what the host passes.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_length: usize,
    align: usize,
    length: usize,
) -> *mut u8 {
    // SAFETY: the canonical ABI asks for powers of two, gives what it had from here with the
    // size that it asked for, and no size that an address can't have.
    unsafe {
        if old_length == 0 {
            let layout = Layout::from_size_align_unchecked(length, align);
            if length == 0 {
                return layout.dangling_ptr().as_ptr();
            }
            NonNull::new(alloc(layout)).unwrap_or_else(|| handle_alloc_error(layout))
        } else {
            let layout = Layout::from_size_align_unchecked(old_length, align);
            NonNull::new(realloc(old, layout, length)).unwrap_or_else(|| handle_alloc_error(layout))
        }
    }
    .as_ptr()
}
