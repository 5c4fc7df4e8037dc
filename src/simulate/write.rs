//! Writes a night to a folder or to one archive file.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};

use super::night::Night;

/// Why a night could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The disk or its permissions.
    #[error("cannot write the simulated night to {}: {source}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes one `<candid>.avro` a packet into a folder, which is made if need be; how many.
pub fn write_folder(night: &Night, folder: &Path) -> Result<usize, SimulateError> {
    fs::create_dir_all(folder).map_err(failed_at(folder))?;
    let mut n_written = 0;
    for packet in night.packets() {
        let file = folder.join(format!("{}.avro", packet.candid));
        fs::write(&file, &packet.bytes).map_err(failed_at(&file))?;
        n_written += 1;
    }
    Ok(n_written)
}

/// Writes the night as one `.tar.gz` of `<candid>.avro` members; how many. A file of that name appears only when it
/// is whole.
pub fn write_tar_gz(night: &Night, file: &Path) -> Result<usize, SimulateError> {
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = failed_at(file);
    let readable = fs::Permissions::from_mode(0o644);
    let temporary = tempfile::Builder::new()
        .prefix(".night-")
        .permissions(readable)
        .tempfile_in(folder)
        .map_err(&failed)?;
    let n_written = write_members(night, temporary.as_file()).map_err(&failed)?;
    temporary.persist(file).map_err(|error| failed(error.error))?;
    Ok(n_written)
}

fn write_members(night: &Night, file: &File) -> io::Result<usize> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(BufWriter::with_capacity(1 << 18, file), Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut n_written = 0;
    for packet in night.packets() {
        let mut header = tar::Header::new_ustar();
        header.set_size(packet.bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(((packet.jd - 2_440_587.5) * 86_400.0).max(0.0) as u64);
        archive.append_data(
            &mut header,
            format!("{}.avro", packet.candid),
            packet.bytes.as_slice(),
        )?;
        n_written += 1;
    }
    let mut buffered = archive.into_inner()?.finish()?;
    buffered.flush()?;
    file.sync_all()?;
    Ok(n_written)
}

fn failed_at(path: &Path) -> impl Fn(io::Error) -> SimulateError {
    |source| SimulateError::Write { path: path.to_owned(), source }
}
