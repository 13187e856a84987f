//! What of the folders that were shown was used.

use policies::{Access, Policy};
use runtime::{Observed, ObservedPath, Touch};

/// What a run needs of one folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) access: Access,
    /// The innermost folder that holds all that was looked at, below the one that was shown;
    /// empty for that itself.
    pub(super) below: String,
    /// What was looked at or changed, in words.
    pub(super) reason: String,
}

/// For each folder of the policy what is needed of it; `None` where nothing is.
pub(super) fn wanted<'a>(
    policy: &Policy,
    observed: &(impl Iterator<Item = &'a Observed> + Clone),
) -> Vec<Option<Wanted>> {
    let grants = 0..policy.capabilities.directories.len();
    grants.map(|grant| of(grant, observed.clone())).collect()
}

fn of<'a>(grant: usize, observed: impl Iterator<Item = &'a Observed> + Clone) -> Option<Wanted> {
    /// How many paths a reason names.
    const NAMED: usize = 3;
    let mut touched: Vec<(&ObservedPath, Touch)> = observed
        .clone()
        .flat_map(|it| &it.paths)
        .filter(|(place, _)| place.grant == grant)
        .map(|(place, touch)| (place, *touch))
        .collect();
    let more = observed.into_iter().any(|it| it.more_paths);
    if touched.is_empty() && !more {
        return None;
    }
    touched.sort_by_key(|(place, _)| *place);
    touched.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1.changed |= next.1.changed;
            kept.1.folder |= next.1.folder;
        }
        same
    });
    let changed = touched.iter().any(|(_, touch)| touch.changed);
    let telling = touched
        .iter()
        .filter(|(_, touch)| touch.changed || !changed);
    let mut names: Vec<String> = telling
        .clone()
        .take(NAMED)
        .map(|(place, _)| match place.path.as_str() {
            "" => "the folder itself".to_owned(),
            path => path.to_owned(),
        })
        .collect();
    let rest = telling.count().saturating_sub(NAMED);
    if rest > 0 || more {
        names.push(format!(
            "and {} more",
            if more {
                "many".to_owned()
            } else {
                rest.to_string()
            }
        ));
    }
    let below = if more {
        String::new()
    } else {
        innermost(touched.iter().map(|(place, touch)| folder(place, *touch)))
    };
    Some(Wanted {
        access: if changed || more {
            Access::ReadWrite
        } else {
            Access::Read
        },
        below,
        reason: names.join(", "),
    })
}

/// The folder that a path needs: the path itself where it is one, else what it is in.
fn folder(place: &ObservedPath, touch: Touch) -> &str {
    if touch.folder {
        return &place.path;
    }
    place.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What all of them have in common.
fn innermost<'a>(mut folders: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = folders.next() else {
        return String::new();
    };
    let mut common: Vec<&str> = first.split('/').collect();
    for folder in folders {
        let same = common
            .iter()
            .zip(folder.split('/'))
            .take_while(|(a, b)| **a == *b);
        let length = same.count();
        common.truncate(length);
    }
    common.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_holds_all_of_them() {
        let of = |folders: &[&str]| innermost(folders.iter().copied());
        assert_eq!(of(&["a/b/c"]), "a/b/c");
        assert_eq!(of(&["a/b/c", "a/b"]), "a/b");
        assert_eq!(of(&["a/b", "a/bc"]), "a");
        assert_eq!(of(&["a", "b"]), "");
        assert_eq!(of(&["a/b", ""]), "");
        assert_eq!(of(&[]), "");
    }
}
