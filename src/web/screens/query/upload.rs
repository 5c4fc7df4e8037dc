//! `POST /alerts/{broker}/upload/`: packets from the browser become an archive of their own.

use std::path::Path;

use axum::{
    extract::{Multipart, Path as UrlPath, State, multipart::Field},
    response::Response,
};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

use crate::{
    brokers::{Brokers, Uploads},
    web::{
        frame::{
            context::{PageContext, redirect_with},
            error::Error,
            flash::Note,
        },
        paths,
        widgets::field::{FieldKind, FieldView},
    },
};

/// A form of its own that uploads packets.
#[derive(Clone, Debug)]
pub(super) struct UploadView {
    pub(super) action: String,
    pub(super) field: FieldView,
    /// What may be uploaded and what becomes of it.
    pub(super) note: String,
}

/// Largest upload, bytes. A whole night is better put into a folder on the server.
const MAX_UPLOAD_BYTES: u64 = 2 << 30;

/// Uploads of one name.
const MAX_SAME_NAME: u32 = 1_000;

/// Files in one upload.
const MAX_FILES: usize = 200;

/// Takes `.avro`, `.avro.gz` and `.tar.gz` files.
pub(in crate::web) async fn post(
    State(brokers): State<Brokers>,
    context: PageContext,
    UrlPath(broker_id): UrlPath<String>,
    mut form: Multipart,
) -> Result<Response, Error> {
    context.require_work()?;
    let uploads = brokers.find(&broker_id).and_then(|broker| broker.uploads());
    let Uploads { folder, choice: (field, value) } = uploads.ok_or(Error::NotFound)?;
    // Nothing is put in its place before all of it is there.
    let mut arrived = Vec::new();
    let mut room = MAX_UPLOAD_BYTES;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(name) = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned)
        else {
            continue;
        };
        if arrived.len() >= MAX_FILES {
            return Err(Error::TooLarge(format!(
                "at most {MAX_FILES} files; pack them into one .tar.gz"
            )));
        }
        let name = safe_name(&name)?;
        let (file, n_bytes) = receive(field, &folder, room).await?;
        room -= n_bytes;
        arrived.push((name, file));
    }
    if arrived.is_empty() {
        return Err(Error::BadRequest("no file was chosen".to_owned()));
    }
    for (name, file) in arrived {
        put_in_place(file, &folder, &name)?;
    }
    let query = paths::query_string(&[("broker", broker_id.as_str()), (field, value)]);
    Ok(redirect_with(Note::Uploaded, &format!("{}{query}", paths::NEW_QUERY)))
}

/// Writes one file beside its place; its size.
async fn receive(mut field: Field<'_>, folder: &Path, room: u64) -> Result<(TempPath, u64), Error> {
    let temporary =
        tempfile::Builder::new().prefix(".upload-").tempfile_in(folder).map_err(internal)?;
    let (file, path) = temporary.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut n_bytes = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        n_bytes += chunk.len() as u64;
        if n_bytes > room {
            return Err(Error::TooLarge(format!(
                "an upload can have at most {} GiB",
                MAX_UPLOAD_BYTES >> 30
            )));
        }
        file.write_all(&chunk).await.map_err(internal)?;
    }
    file.sync_all().await.map_err(internal)?;
    Ok((path, n_bytes))
}

fn internal(error: std::io::Error) -> Error {
    Error::Internal(anyhow::Error::new(error).context("an upload could not be written"))
}

/// Moves a file that arrived to its name, or to the first free one like it.
fn put_in_place(mut file: TempPath, folder: &Path, name: &str) -> Result<(), Error> {
    for n in 1..=MAX_SAME_NAME {
        let place = if n == 1 { folder.join(name) } else { folder.join(format!("{n}-{name}")) };
        match file.persist_noclobber(place) {
            Ok(()) => return Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                file = error.path;
            }
            Err(error) => return Err(internal(error.error)),
        }
    }
    Err(Error::BadRequest(format!(
        "there are {MAX_SAME_NAME} uploads named \"{name}\" already; give it another name"
    )))
}

fn broken(error: &axum::extract::multipart::MultipartError) -> Error {
    tracing::debug!(%error, "An upload broke off");
    Error::BadRequest("the upload is incomplete; try again".to_owned())
}

/// The name as it may stand on our disk: its last part, plain characters, a known ending.
fn safe_name(name: &str) -> Result<String, Error> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-+".contains(c) { c } else { '_' })
        .collect();
    let plain = plain.trim_start_matches('.').to_owned();
    let is_known = [".avro", ".avro.gz", ".tar.gz", ".tgz", ".tar"].iter().any(|ending| {
        plain.to_ascii_lowercase().strip_suffix(ending).is_some_and(|stem| !stem.is_empty())
    });
    if is_known && plain.len() <= 150 {
        Ok(plain)
    } else {
        Err(Error::BadRequest(format!("\"{last}\" is not a .avro, .avro.gz or .tar.gz file")))
    }
}

/// The form of an upload.
pub(super) fn upload_form(broker_id: &str) -> UploadView {
    UploadView {
        action: paths::upload(broker_id),
        note: "Alert packets (.avro, .avro.gz) or a night of them (.tar.gz). They become an archive that can be chosen below.".to_owned(),
        field: FieldView {
            name: "files".to_owned(),
            id: "id_files".to_owned(),
            label: "Files".to_owned(),
            kind: FieldKind::File { accept: ".avro,.gz,.tgz,.tar".to_owned(), multiple: true },
            sign: None,
            values: Vec::new(),
            help: None,
            unit: None,
            placeholder: None,
            suggestions: Vec::new(),
            required: true,
            errors: Vec::new(),
            echo: None,
            echo_url: None,
        },
    }
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
            ("one.avro.gz", "one.avro.gz"),
        ] {
            assert_eq!(safe_name(given).unwrap(), kept);
        }
        for refused in ["", "a.exe", ".avro", ".avro.gz", "a.gz", "..", "x.avro/..", "a.avro\0.exe"]
        {
            assert!(safe_name(refused).is_err(), "{refused}");
        }
    }
}
