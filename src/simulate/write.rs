//! Writes a night to a folder or to one archive file.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};

use super::{
    lsst::{Format, LsstNight},
    night::Night,
    ztf_lite,
};

/// A file of a night.
pub struct NightFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// UTC of the exposure, Julian date, days.
    pub jd: f64,
}

/// What is written: the files of a night.
pub trait NightFiles {
    /// The files, made one by one.
    fn files(&self) -> Box<dyn Iterator<Item = NightFile> + '_>;
}

impl NightFiles for Night {
    fn files(&self) -> Box<dyn Iterator<Item = NightFile> + '_> {
        Box::new(self.packets().map(|packet| NightFile {
            name: format!("{}.avro", packet.candid),
            bytes: packet.bytes,
            jd: packet.jd,
        }))
    }
}

/// A night of ZTF in the form of Pitt-Google's `ztf-lite`.
pub struct ZtfLite<'n>(pub &'n Night);

impl NightFiles for ZtfLite<'_> {
    fn files(&self) -> Box<dyn Iterator<Item = NightFile> + '_> {
        Box::new(self.0.packets().map(|packet| NightFile {
            name: format!("{}.json", packet.candid),
            bytes: ztf_lite::lite(&packet.bytes),
            jd: packet.jd,
        }))
    }
}

impl NightFiles for (&LsstNight, Format) {
    fn files(&self) -> Box<dyn Iterator<Item = NightFile> + '_> {
        let (night, format) = *self;
        Box::new(night.packets().map(move |packet| NightFile {
            name: format!("{}.{}", packet.dia_source_id, format.extension()),
            bytes: packet.bytes(format),
            jd: packet.jd,
        }))
    }
}

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

/// Writes one file a packet, named by the detection, into a folder, which is made if need be; how many.
pub fn write_folder(night: &impl NightFiles, folder: &Path) -> Result<usize, SimulateError> {
    fs::create_dir_all(folder).map_err(failed_at(folder))?;
    let mut n_written = 0;
    for packet in night.files() {
        let file = folder.join(&packet.name);
        fs::write(&file, &packet.bytes).map_err(failed_at(&file))?;
        n_written += 1;
    }
    Ok(n_written)
}

/// Writes the night as one `.tar.gz` with a member a packet; how many. A file of that name appears only when it
/// is whole.
pub fn write_tar_gz(night: &impl NightFiles, file: &Path) -> Result<usize, SimulateError> {
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

fn write_members(night: &impl NightFiles, file: &File) -> io::Result<usize> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(BufWriter::with_capacity(1 << 18, file), Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut n_written = 0;
    for packet in night.files() {
        let mut header = tar::Header::new_ustar();
        header.set_size(packet.bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(((packet.jd - 2_440_587.5) * 86_400.0).max(0.0) as u64);
        archive.append_data(&mut header, &packet.name, packet.bytes.as_slice())?;
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
