//! `POST /alerts/{broker}/upload/`: packets from the browser become an archive of their own.

use std::path::{Path, PathBuf};

use axum::{
    extract::{Multipart, Path as UrlPath, multipart::Field},
    http::StatusCode,
    response::Response,
};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

use super::{form_page::page, services::Services};
use crate::{
    brokers::{Broker, Uploads},
    web::{
        frame::{
            context::{PageContext, redirect_with},
            error::Error,
            flash::Note,
        },
        paths,
    },
};

/// Largest upload, bytes. A whole night is better put into a folder on the server.
const MAX_UPLOAD_BYTES: u64 = 2 << 30;

/// Uploads of one name.
const MAX_SAME_NAME: u32 = 1_000;

/// Files in one upload.
const MAX_FILES: usize = 200;

/// Why files are not taken.
#[derive(Debug)]
enum NotTaken {
    /// By the field.
    Refused(StatusCode, String),
    Failed(Error),
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl NotTaken {
    fn wrong(message: String) -> Self {
        Self::Refused(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    fn too_large(message: String) -> Self {
        Self::Refused(StatusCode::PAYLOAD_TOO_LARGE, message)
    }
}

/// Takes `.avro`, `.avro.gz` and `.tar.gz` files.
pub(in crate::web) async fn post(
    services: Services,
    context: PageContext,
    UrlPath(broker_id): UrlPath<String>,
    form: Multipart,
) -> Result<Response, Error> {
    context.require_work()?;
    let broker = services.brokers.find(&broker_id).ok_or(Error::NotFound)?.as_ref();
    let Uploads { folder, choice: (field, value) } = broker.uploads().ok_or(Error::NotFound)?;
    match take(form, &folder).await {
        Ok(()) => {
            let query = paths::query_string(&[("broker", broker_id.as_str()), (field, value)]);
            Ok(redirect_with(Note::Uploaded, &format!("{}{query}", paths::NEW_QUERY)))
        }
        Err(NotTaken::Refused(status, message)) => {
            refuse(&services, &context, broker, status, message).await
        }
        Err(NotTaken::Failed(error)) => Err(error),
    }
}

/// The form again, with what is wrong with the files.
async fn refuse(
    services: &Services,
    context: &PageContext,
    broker: &dyn Broker,
    status: StatusCode,
    message: String,
) -> Result<Response, Error> {
    let mut page = page(context, services, broker, None, &broker.form().blank()).await?;
    if let Some(upload) = &mut page.upload {
        upload.field.errors.push(message);
    }
    Ok(context.render_as(status, &page))
}

async fn take(mut form: Multipart, folder: &Path) -> Result<(), NotTaken> {
    // Nothing is put in its place before all of it is there.
    let mut arrived = Vec::new();
    let mut room = MAX_UPLOAD_BYTES;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(name) = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned)
        else {
            continue;
        };
        if arrived.len() >= MAX_FILES {
            return Err(NotTaken::too_large(format!(
                "Upload at most {MAX_FILES} files at once, or pack them into one .tar.gz."
            )));
        }
        let name = safe_name(&name)?;
        let (file, n_bytes) = receive(field, folder, room).await?;
        room -= n_bytes;
        arrived.push((name, file));
    }
    if arrived.is_empty() {
        return Err(NotTaken::wrong("Choose at least one file.".to_owned()));
    }
    // What cannot be put in its place takes those before it back.
    let mut placed = Vec::new();
    for (name, file) in arrived {
        match put_in_place(file, folder, &name) {
            Ok(place) => placed.push(place),
            Err(error) => {
                for place in placed {
                    let _ = std::fs::remove_file(place);
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Writes one file beside its place; its size.
async fn receive(
    mut field: Field<'_>,
    folder: &Path,
    room: u64,
) -> Result<(TempPath, u64), NotTaken> {
    let temporary =
        tempfile::Builder::new().prefix(".upload-").tempfile_in(folder).map_err(internal)?;
    let (file, path) = temporary.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut n_bytes = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        n_bytes += chunk.len() as u64;
        if n_bytes > room {
            return Err(NotTaken::too_large(format!(
                "An upload can have at most {} GiB. Put a larger archive into a folder of the server.",
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

/// Moves a file that arrived to its name, or to the first free one like it; where it is now.
fn put_in_place(mut file: TempPath, folder: &Path, name: &str) -> Result<PathBuf, NotTaken> {
    for n in 1..=MAX_SAME_NAME {
        let place = if n == 1 { folder.join(name) } else { folder.join(format!("{n}-{name}")) };
        match file.persist_noclobber(&place) {
            Ok(()) => return Ok(place),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                file = error.path;
            }
            Err(error) => return Err(internal(error.error).into()),
        }
    }
    Err(NotTaken::wrong(format!(
        "There are {MAX_SAME_NAME} uploads named \"{name}\" already. Give it another name."
    )))
}

fn broken(error: &axum::extract::multipart::MultipartError) -> Error {
    tracing::debug!(%error, "An upload broke off");
    Error::BadRequest("the upload is incomplete; try again".to_owned())
}

/// The name as it may stand on our disk: its last part, plain characters, a known ending.
fn safe_name(name: &str) -> Result<String, NotTaken> {
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
        Err(NotTaken::wrong(format!("\"{last}\" is not a .avro, .avro.gz or .tar.gz file.")))
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
