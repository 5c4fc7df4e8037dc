//! Which archives a deployment offers: configured folders, what lies directly in them, and uploads.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a form lists of one folder at most, the newest by name: some thirteen years of nights. A folder with more is still
/// read whole by its own name.
const MAX_LISTED_OF_FOLDER: usize = 5_000;

/// The configured archives.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    roots: Arc<BTreeMap<String, PathBuf>>,
    uploads: PathBuf,
}

/// One choice of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// What stands in queries; never a path of the server.
    pub(super) name: String,
    /// What the form shows.
    pub(super) label: String,
}

impl Folders {
    pub(super) fn new(archives: Vec<PathBuf>, uploads: PathBuf) -> Self {
        let mut roots = BTreeMap::new();
        for path in archives {
            let base = path
                .file_name()
                .map_or_else(|| "archive".to_owned(), |name| name.to_string_lossy().into());
            let mut name = base.clone();
            let mut n = 2;
            while roots.contains_key(&name) || name == UPLOADS {
                name = format!("{base}-{n}");
                n += 1;
            }
            roots.insert(name, path);
        }
        Self { roots: Arc::new(roots), uploads }
    }

    pub(super) fn uploads(&self) -> &Path {
        &self.uploads
    }

    /// Every archive that can be chosen now: the roots, and the folders and nights directly in them.
    pub(super) fn list(&self) -> Vec<Folder> {
        let mut listed = Vec::new();
        for (name, path) in self.roots.iter().map(|(name, path)| (name.as_str(), path.as_path())) {
            listed.push(Folder { name: name.to_owned(), label: name.to_owned() });
            listed.extend(children(name, path));
        }
        let uploaded = children(UPLOADS, &self.uploads);
        if !uploaded.is_empty() {
            listed.push(Folder { name: UPLOADS.to_owned(), label: "All uploads".to_owned() });
            listed.extend(uploaded);
        }
        listed
    }

    /// The first archive of the list.
    pub(super) fn first(&self) -> Option<PathBuf> {
        self.list().first().and_then(|folder| self.find(&folder.name))
    }

    /// The path of an archive by its name. A name that the list does not have is not looked up on the disk.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        self.list().iter().any(|folder| folder.name == name).then_some(())?;
        let (root, child) =
            name.split_once('/').map_or((name, None), |(root, child)| (root, Some(child)));
        let root =
            if root == UPLOADS { self.uploads.clone() } else { self.roots.get(root)?.clone() };
        Some(child.map_or_else(|| root.clone(), |child| root.join(child)))
    }
}

/// The name under which uploads are listed.
pub(super) const UPLOADS: &str = "uploads";

/// Folders, nights and files directly in a folder, by name; single files of packets only among uploads.
fn children(root_name: &str, root: &Path) -> Vec<Folder> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            !name.starts_with('.')
                && (entry.path().is_dir()
                    || is_tarball(&name)
                    || (root_name == UPLOADS && is_packets(&name)))
        })
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let n_older = names.len().saturating_sub(MAX_LISTED_OF_FOLDER);
    names
        .into_iter()
        .skip(n_older)
        .map(|name| Folder {
            name: format!("{root_name}/{name}"),
            label: format!("{root_name}/{name}"),
        })
        .collect()
}

/// How names of files with packets end, for a sentence.
pub(super) const PACKET_ENDINGS: &str = ".avro, .avro.gz, .json or .json.gz";

/// Whether a file of this name (in lower case) holds alert packets, as it is or in gzip.
pub(super) fn is_packets(name: &str) -> bool {
    let unzipped = Path::new(name.strip_suffix(".gz").unwrap_or(name));
    unzipped.extension().is_some_and(|ending| ending == "avro" || ending == "json")
        && !is_schema(name)
}

/// The name of the file that has the schema of the packets beside it.
pub(super) const SCHEMA_FILE: &str = "schema.json";

/// Whether a file of this name (in lower case) is the schema of the packets beside it.
pub(super) fn is_schema(name: &str) -> bool {
    let path = Path::new(name);
    path.file_name().is_some_and(|name| name == SCHEMA_FILE)
        || path.extension().is_some_and(|ending| ending == "avsc")
}

/// Whether a file of this name (in lower case) is a night of packets.
pub(super) fn is_tarball(name: &str) -> bool {
    [".tar.gz", ".tgz", ".tar"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_children_and_uploads_can_be_chosen_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("nights");
        std::fs::create_dir_all(root.join("september")).unwrap();
        std::fs::write(root.join("ztf_public_20260912.tar.gz"), b"").unwrap();
        std::fs::write(root.join("notes.txt"), b"").unwrap();
        let uploads = place.path().join("up");
        std::fs::create_dir_all(&uploads).unwrap();
        std::fs::write(uploads.join("one.avro"), b"").unwrap();
        std::fs::write(uploads.join("one.avro.gz"), b"").unwrap();
        std::fs::write(uploads.join("one.gz"), b"").unwrap();
        let folders =
            Folders::new(vec![root.clone(), place.path().join("other/nights")], uploads.clone());

        let names: Vec<String> = folders.list().into_iter().map(|folder| folder.name).collect();
        assert_eq!(
            names,
            [
                "nights",
                "nights/september",
                "nights/ztf_public_20260912.tar.gz",
                "nights-2",
                "uploads",
                "uploads/one.avro",
                "uploads/one.avro.gz"
            ]
        );
        assert_eq!(folders.find("nights/september"), Some(root.join("september")));
        assert_eq!(folders.find("uploads/one.avro"), Some(uploads.join("one.avro")));
        for stranger in ["nights/../up", "/etc", "nights/notes.txt", "", "nights/", "nights//etc"] {
            assert_eq!(folders.find(stranger), None, "{stranger}");
        }
    }
}
