use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The text to replace, exactly so.
    find: String,
    /// What comes in its place.
    replace: String,
    /// Whether files are written; without, the tool only tells what it would do.
    #[serde(default)]
    write: bool,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The files in which the text stands, by name.
    files: Vec<Replaced>,
    /// Whether they were written.
    written: bool,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Replaced {
    file: String,
    /// How often the text stands there.
    count: usize,
}

/// Replaces a text in all text files of a folder (not of folders in it), or tells what it would
/// replace. Each file is written whole under another name and then renamed, so that none is ever
/// half written.
#[tool(
    capability(
        directory = "/work",
        access = "read-write",
        reason = "the folder whose files are changed"
    ),
    example(
        name = "rehearsal",
        input = {"find": "colour", "replace": "color"},
        output = {"files": [{"file": "theme.conf", "count": 2}], "written": false}
    ),
    example(
        name = "for real",
        input = {"find": "blue", "replace": "green", "write": true},
        output = {"files": [{"file": "theme.conf", "count": 1}], "written": true}
    ),
    example(
        name = "nothing to find",
        input = {"find": "", "replace": "x"},
        error = "`find` is empty"
    ),
    properties(deterministic)
)]
fn text_replace(input: Input) -> Result<Output, ToolError> {
    replace_in(&folder("/work"), &input)
}

fn replace_in(root: &Path, input: &Input) -> Result<Output, ToolError> {
    if input.find.is_empty() {
        return Err(ToolError::invalid_input(
            "`find` is empty: give the text to replace",
        ));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_file()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort();

    let mut files = Vec::new();
    for file in names {
        let path = root.join(&file);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::InvalidData => continue,
            Err(error) => return Err(error.into()),
        };
        let count = text.matches(&input.find).count();
        if count == 0 {
            continue;
        }
        if input.write {
            write_whole(&path, &text.replace(&input.find, &input.replace))?;
            info!("wrote a file", file = file, count = count);
        }
        files.push(Replaced { file, count });
    }
    Ok(Output {
        files,
        written: input.write,
    })
}

fn write_whole(path: &Path, text: &str) -> Result<(), ToolError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, text)?;
    fs::rename(&new, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for one test, below the one that the tool may write.
    fn with_files(test: &str, files: &[(&str, &[u8])]) -> std::path::PathBuf {
        let root = folder("/work").join(test);
        // Left over only if a run was cut off.
        let _ = fs::remove_dir_all(&root);
        fs::create_dir(&root).expect("a new folder");
        for (name, bytes) in files {
            fs::write(root.join(name), bytes).expect("a new file");
        }
        root
    }

    fn input(find: &str, replace: &str, write: bool) -> Input {
        Input {
            find: find.to_owned(),
            replace: replace.to_owned(),
            write,
        }
    }

    #[test]
    fn a_rehearsal_writes_nothing() {
        let root = with_files("rehearsal", &[("a", b"x y x")]);
        let output = replace_in(&root, &input("x", "z", false)).expect("it is readable");
        assert_eq!(
            output.files,
            [Replaced {
                file: "a".to_owned(),
                count: 2
            }]
        );
        assert_eq!(fs::read(root.join("a")).expect("still there"), b"x y x");
        fs::remove_dir_all(root).expect("ours");
    }

    #[test]
    fn files_are_written_and_nothing_is_left_beside_them() {
        let root = with_files("written", &[("a", b"x"), ("b", b"y"), ("c", b"xx")]);
        let output = replace_in(&root, &input("x", "yx", true)).expect("it is writable");
        assert_eq!(output.files.len(), 2);
        assert_eq!(fs::read(root.join("c")).expect("still there"), b"yxyx");
        assert_eq!(fs::read_dir(&root).expect("readable").count(), 3);
        fs::remove_dir_all(root).expect("ours");
    }

    #[test]
    fn files_that_are_no_text_are_left_alone() {
        let root = with_files("no-text", &[("a", b"x\xff")]);
        let output = replace_in(&root, &input("x", "y", true)).expect("it is readable");
        assert_eq!(output.files, []);
        fs::remove_dir_all(root).expect("ours");
    }

    #[test]
    fn an_empty_text_is_refused() {
        let error = replace_in(Path::new("/none"), &input("", "y", true)).expect_err("empty");
        assert_eq!(error.code, "invalid_input");
    }
}
