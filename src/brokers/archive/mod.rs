//! Alert archive: Avro files and nightly `.tar.gz` archives in configured folders, or uploaded in the browser.

mod folders;
mod gzip;
mod reader;
mod sink;
mod tarball;

use std::path::PathBuf;

use async_trait::async_trait;
use futures::{StreamExt, future, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    AlertStream, Broker, BrokerError, FILTER_FIELDS, FILTER_RULES, FirstStep, RunContext, Uploads,
};
use crate::forms::{Choices, Field, FormSpec, Parameters};

static FORM: FormSpec = FormSpec { groups: &[ARCHIVE_FIELDS, FILTER_FIELDS], rules: FILTER_RULES };

const ARCHIVE_FIELDS: &[Field] = &[
    Field::dynamic_choice(FOLDER, "Archive")
        .help("A folder of .avro or .json files (also in gzip), or a night as ZTF publishes it (.tar.gz), read in the order of file names. Default: the first in the list.")
        .section("Archive"),
    Field::integer("max_results", "Maximum results", 1, 1_000_000)
        .initial("100")
        .help("Stop after this many alerts have passed the filter. Empty: read to the end.")
        .section("Archive"),
];

/// The field that chooses an archive.
const FOLDER: &str = "folder";

/// Its id. Examples name this backend, since it needs no account.
pub const ID: &str = "archive";

/// What pages call it.
pub const NAME: &str = "Alert archive";

/// The name of the folder with the night that the service simulates where it is given no archives.
pub const SIMULATED_NIGHT: &str = "simulated-night";

/// Batches that wait between reading and storing: enough to keep both busy, little enough to keep memory flat.
const BATCHES_AHEAD: usize = 2;

/// The archive backend of a deployment.
pub struct Archive {
    folders: folders::Folders,
}

impl Archive {
    /// Reads from these folders and files, and from what is uploaded into that folder.
    pub fn new(archives: Vec<PathBuf>, uploads: PathBuf) -> Self {
        Self { folders: folders::Folders::new(archives, uploads) }
    }
}

#[async_trait]
impl Broker for Archive {
    fn id(&self) -> &'static str {
        "archive"
    }

    fn name(&self) -> &'static str {
        "Alert archive"
    }

    fn summary(&self) -> &'static str {
        "Avro files and nightly archives on this server, or your own upload. No account needed."
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "Reading an archive changes nothing in it: run the same query as often as you like.",
            "Packets that cannot be read are counted, stored unchanged and shown with the run; they do not stop it. An archive that breaks off makes the run fail; what came before is kept.",
        ]
    }

    fn form(&self) -> &'static FormSpec {
        &FORM
    }

    async fn choices(&self) -> Choices {
        let folders = self.folders.clone();
        let listed = tokio::task::spawn_blocking(move || folders.list()).await.unwrap_or_default();
        Choices::new().with(FOLDER, listed.into_iter().map(|folder| (folder.name, folder.label)))
    }

    async fn first_step(&self) -> Option<FirstStep> {
        let choices = self.choices().await;
        let folder = choices.options(FOLDER).first()?.value.clone();
        let (text, label) = if folder == SIMULATED_NIGHT {
            (
                "A simulated night of ZTF alerts is ready on this computer: supernovae, variable stars, active galaxies, asteroids and bogus detections. Query it, look around, save targets.",
                "Query the simulated night",
            )
        } else {
            ("Your archive is ready. Query it, look around, save targets.", "Query the archive")
        };
        let values = [("max_results", "100"), ("classtar_gt_lt", "lt"), ("rb_min", "0.65")];
        let values = values.map(|(name, value)| (name, value.to_owned()));
        let values = std::iter::once((FOLDER, folder)).chain(values).collect();
        Some(FirstStep { text, label, values })
    }

    fn uploads(&self) -> Option<Uploads> {
        let folder = self.folders.uploads().to_owned();
        Some(Uploads { folder, choice: (FOLDER, folders::UPLOADS) })
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let name = query.text(FOLDER).map(str::to_owned);
        let folders = self.folders.clone();
        let found = tokio::task::spawn_blocking(move || match &name {
            Some(name) => {
                folders.find(name).ok_or_else(|| format!("there is no archive \"{name}\" any more"))
            }
            None => folders.first().ok_or_else(|| "there is no archive".to_owned()),
        });
        let path = found
            .await
            .map_err(|_| BrokerError::BadQuery("the folder could not be looked up".to_owned()))?
            .map_err(BrokerError::BadQuery)?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        // Reading and decoding are blocking work: off the threads that answer requests.
        let reading =
            tokio::task::spawn_blocking(move || reader::read_archive(&path, &sender, &context));
        // A reader that broke must not look like one that came to the end.
        let end =
            stream::once(async move { reading.await.err().map(|_| Err(BrokerError::ReaderBroke)) });
        Ok(ReceiverStream::new(receiver).map(Some).chain(end).filter_map(future::ready).boxed())
    }
}
