//! Rewrites a module so that it tells which way it went.
//!
//! What is added writes to a second memory, which no instruction of the guest can name: a module
//! has one memory here, and the pass refuses those with more. So a guest can neither read nor
//! forge what is recorded of it.
//!
//! Two forms of a module are made:
//! - [`Form::Fast`] counts edges (one byte a way out of each branch, one for each function and
//!   loop) and marks the pages that are written, so that they can be put back;
//! - [`Form::Comparing`] also calls the host with the operands of comparisons. It is slow, and is
//!   run once for an input that is worth a closer look.
//!
//! Every instruction of WebAssembly passes through; only those that branch, write to memory or
//! compare get company.

mod body;
mod plan;

pub(crate) use plan::{Plan, Restorable};

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FunctionSection, ImportSection,
    Instruction, MemorySection, MemoryType, Module, SectionId, TypeSection, ValType,
};

/// Which form of a module is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Fast,
    Comparing,
}

/// Why a module can't be instrumented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInstrumented {
    /// It is no module, or one that can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(String),
    /// It is something that the pass has no answer for.
    #[error("{0}")]
    Unsupported(&'static str),
    /// What the pass made of it is not taken by the engine.
    #[error("the engine does not take it with counters in it: {0}")]
    Refused(String),
}

/// A module with counters in it, and where they are.
#[derive(Debug)]
pub(crate) struct Instrumented {
    pub(crate) wasm: Vec<u8>,
    /// Counters, a byte each, from [`layout::EDGES`] on in the second memory.
    pub(crate) edges: usize,
    /// The counter of each function's entry.
    pub(crate) entries: Vec<usize>,
}

/// The second memory: its name and what is where.
pub(crate) mod layout {
    /// The export by which the host finds it.
    pub(crate) const MEMORY: &str = "wasm-runner.fuzzing.memory";
    /// What the exports of globals begin with; their number follows.
    pub(crate) const GLOBAL: &str = "wasm-runner.fuzzing.global.";
    /// The module whose functions hear of comparisons.
    pub(crate) const HOST: &str = "wasm-runner.fuzzing";
    /// Bytes of a page of the guest's memory that is put back as a whole.
    pub(crate) const PAGE: usize = 1 << PAGE_BITS;
    pub(crate) const PAGE_BITS: i32 = 12;
    /// A byte for each page that 32 bits can address: not 0 once it was written.
    pub(crate) const DIRTY: u64 = 0;
    pub(crate) const DIRTY_BYTES: usize = 1 << (32 - PAGE_BITS);
    /// Where the counters begin.
    pub(crate) const EDGES: u64 = DIRTY_BYTES as u64;
    /// How far a store can reach into the page after the one it begins in: the widest has 16
    /// bytes.
    pub(crate) const SPILL: usize = 16;
}

/// The second memory's index.
const OURS: u32 = 1;

/// Rewrites a module in this form.
///
/// # Errors
/// When it has more than one memory, none, or one of 64 bits, or can't be read.
pub(crate) fn instrument(
    wasm: &[u8],
    plan: &Plan,
    form: Form,
) -> Result<Instrumented, NotInstrumented> {
    let mut pass = Pass {
        plan,
        form,
        edges: 0,
        entries: Vec::new(),
        function: 0,
        imports_done: false,
    };
    let mut module = Module::new();
    pass.parse_core_module(&mut module, wasmparser::Parser::new(0), wasm)
        .map_err(|error| NotInstrumented::Unreadable(error.to_string()))?;
    let edges = usize::try_from(pass.edges).unwrap_or(usize::MAX);
    Ok(Instrumented {
        wasm: module.finish(),
        edges,
        entries: pass.entries,
    })
}

/// The pass over one module.
struct Pass<'p> {
    plan: &'p Plan,
    form: Form,
    /// Counters given out so far.
    edges: u64,
    /// The counter of each function's entry.
    entries: Vec<usize>,
    /// Which of the module's own functions comes next.
    function: usize,
    imports_done: bool,
}

/// The host's functions of [`Form::Comparing`], in the order of their indices.
const HOST_FUNCTIONS: [(&str, &[ValType]); 3] = [
    ("compare32", &[ValType::I32, ValType::I32, ValType::I32]),
    ("compare64", &[ValType::I32, ValType::I64, ValType::I64]),
    (
        "compare_memory",
        &[ValType::I32, ValType::I32, ValType::I32],
    ),
];

impl Pass<'_> {
    /// Functions that are imported beside the module's own.
    fn added_imports(&self) -> u32 {
        match self.form {
            Form::Fast => 0,
            Form::Comparing => 3,
        }
    }

    /// The index of a function of the host, by its place in [`HOST_FUNCTIONS`].
    fn host_function(&self, place: u32) -> u32 {
        self.plan.imported_functions + place
    }

    /// The index of the function that marks a range as written.
    fn marker(&self) -> u32 {
        self.plan.imported_functions + self.added_imports() + self.plan.own_functions()
    }

    fn add_imports(&mut self, imports: &mut ImportSection) {
        self.imports_done = true;
        if self.form == Form::Fast {
            return;
        }
        for (place, (name, _)) in (0..).zip(HOST_FUNCTIONS) {
            let ty = EntityType::Function(self.plan.types + 1 + place);
            imports.import(layout::HOST, name, ty);
        }
    }

    /// The type of the marker, the first of those that are added.
    fn marker_type(&self) -> u32 {
        self.plan.types
    }
}

impl Reencode for Pass<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Self::Error>> {
        Ok(if function < self.plan.imported_functions {
            function
        } else {
            function + self.added_imports()
        })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I32], []);
        if self.form == Form::Comparing {
            for (_, params) in HOST_FUNCTIONS {
                types.ty().function(params.iter().copied(), []);
            }
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.marker_type());
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_memory_section(self, memories, section)?;
        let pages = self.plan.our_pages();
        memories.memory(MemoryType {
            minimum: pages,
            maximum: Some(pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(layout::MEMORY, ExportKind::Memory, OURS);
        for (number, global) in self.plan.mutable_globals.iter().enumerate() {
            let name = format!("{}{number}", layout::GLOBAL);
            exports.export(&name, ExportKind::Global, *global);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        utils::parse_code_section(self, code, section)?;
        code.function(&body::marker());
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        function: wasmparser::FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        body::rewrite(self, code, &function)
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        _before: Option<SectionId>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        // A module without imports gets its section right after the types.
        if after == Some(SectionId::Type) && !self.plan.has_imports && !self.imports_done {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            if !imports.is_empty() {
                module.section(&imports);
            }
        }
        Ok(())
    }

    /// Lines and names of sections whose offsets no longer hold are left out.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        if section.name() == "name" {
            utils::parse_custom_section(self, module, section)?;
        }
        Ok(())
    }
}

/// One instruction more.
type Code<'a> = Vec<Instruction<'a>>;

#[cfg(test)]
mod tests;
