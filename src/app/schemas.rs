//! The schemas that a deployment adds to those built in.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tracing::info;

use crate::packets::{self, limits::SCHEMA_BYTES};

/// Adds every schema of the folder; one that cannot be used is named, and nothing is started.
pub(super) fn add_schemas(folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    let files = schema_files(folder)
        .with_context(|| format!("the folder of schemas {} cannot be read", folder.display()))?;
    for file in &files {
        add_file(file).with_context(|| format!("the schema {} cannot be used", file.display()))?;
    }
    info!("Added {} schemas of {}", files.len(), folder.display());
    Ok(())
}

fn schema_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "avsc") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn add_file(file: &Path) -> anyhow::Result<()> {
    let bytes = file.metadata()?.len();
    anyhow::ensure!(bytes <= SCHEMA_BYTES as u64, "it has {bytes} bytes, more than {SCHEMA_BYTES}");
    let name = file.file_stem().and_then(|name| name.to_str()).context("its name is no text")?;
    Ok(packets::add_schema_file(name, &std::fs::read(file)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_a_folder_are_added_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = packets::schema_text("lsst.v11_1").unwrap().replace("v11_1", "v88_1");
        std::fs::write(folder.path().join("lsst.v88_1.avsc"), &text).unwrap();
        std::fs::write(folder.path().join("8802.avsc"), &text).unwrap();
        std::fs::write(folder.path().join("README"), "notes").unwrap();
        add_schemas(Some(folder.path())).unwrap();
        assert!(packets::knows_schema(8801) && packets::knows_schema(8802));
        std::fs::write(folder.path().join("8803.avsc"), "{").unwrap();
        let error = add_schemas(Some(folder.path())).unwrap_err();
        assert!(format!("{error:#}").contains("8803.avsc"), "{error:#}");
        assert!(add_schemas(Some(&folder.path().join("none"))).is_err());
        assert!(add_schemas(None).is_ok());
    }
}
