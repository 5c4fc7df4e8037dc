//! `POST /alerts/archive/upload/`: packets from the browser become an archive of their own.

use std::path::{Path, PathBuf};

use axum::{
    extract::{Multipart, State, multipart::Field},
    response::Response,
};
use tokio::io::AsyncWriteExt;

use crate::{
    brokers::Brokers,
    web::{context::redirect_with, error::Error, flash::Note},
};

/// Largest upload, bytes. A whole night is better put into a folder on the server.
const MAX_UPLOAD_BYTES: u64 = 2 << 30;

/// Files in one upload.
const MAX_FILES: usize = 200;

/// Takes `.avro` and `.tar.gz` files.
pub(crate) async fn post(State(brokers): State<Brokers>, mut form: Multipart) -> Result<Response, Error> {
    let folder = brokers.find("archive").and_then(|broker| broker.upload_folder()).ok_or(Error::NotFound)?;
    let mut n_files = 0;
    let mut room = MAX_UPLOAD_BYTES;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(name) = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned) else { continue };
        n_files += 1;
        if n_files > MAX_FILES {
            return Err(Error::TooLarge(format!("at most {MAX_FILES} files; pack them into one .tar.gz")));
        }
        let name = safe_name(&name)?;
        room -= receive(field, &folder, &name, room).await?;
    }
    if n_files == 0 {
        return Err(Error::BadRequest("no file was chosen".to_owned()));
    }
    Ok(redirect_with(Note::Uploaded, "/alerts/query/create/?broker=archive&folder=uploads"))
}

/// Writes one file beside its place and moves it there when it is whole; its size.
async fn receive(mut field: Field<'_>, folder: &Path, name: &str, room: u64) -> Result<u64, Error> {
    let internal = |error: std::io::Error| Error::Internal(anyhow::Error::new(error).context("an upload could not be written"));
    let temporary = tempfile::Builder::new().prefix(".upload-").tempfile_in(folder).map_err(internal)?;
    let (file, path) = temporary.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut n_bytes = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        n_bytes += chunk.len() as u64;
        if n_bytes > room {
            return Err(Error::TooLarge(format!("an upload may have {} GiB", MAX_UPLOAD_BYTES >> 30)));
        }
        file.write_all(&chunk).await.map_err(internal)?;
    }
    file.sync_all().await.map_err(internal)?;
    path.persist(free_name(folder, name)).map_err(|error| internal(error.error))?;
    Ok(n_bytes)
}

fn broken(error: &axum::extract::multipart::MultipartError) -> Error {
    tracing::debug!(%error, "An upload broke off");
    Error::BadRequest("the upload did not arrive whole; try again".to_owned())
}

/// The name as it may stand on our disk: its last part, plain characters, a known ending.
fn safe_name(name: &str) -> Result<String, Error> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || "._-+".contains(c) { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.').to_owned();
    let is_known = [".avro", ".tar.gz", ".tgz", ".tar"].iter().any(|ending| {
        plain.to_ascii_lowercase().strip_suffix(ending).is_some_and(|stem| !stem.is_empty())
    });
    if is_known && plain.len() <= 150 {
        Ok(plain)
    } else {
        Err(Error::BadRequest(format!("\"{last}\" is not a .avro or .tar.gz file")))
    }
}

/// A place in the folder that is not taken yet.
fn free_name(folder: &Path, name: &str) -> PathBuf {
    (1..)
        .map(|n| if n == 1 { folder.join(name) } else { folder.join(format!("{n}-{name}")) })
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_uploads_stay_in_their_folder() {
        for (given, kept) in [
            ("night.tar.gz", "night.tar.gz"),
            ("../../etc/x.avro", "x.avro"),
            ("C:\\packets\\a b.avro", "a_b.avro"),
            (".hidden.avro", "hidden.avro"),
        ] {
            assert_eq!(safe_name(given).unwrap(), kept);
        }
        for refused in ["", "a.exe", ".avro", "..", "x.avro/..", "a.avro\0.exe"] {
            assert!(safe_name(refused).is_err(), "{refused}");
        }
    }
}
