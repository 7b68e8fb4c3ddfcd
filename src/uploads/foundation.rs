//! What a service stands on: a store, a catalogue, a secret, and the lock of the folder they lie in.
//!
//! Each may be given by the application, made in the data folder, or, without one, be kept in memory.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;

use super::Secret;
use super::data::{DataError, DataFolder};
use super::told::Told;
use crate::blob::{BlobStore, Durability, LocalStore, MemoryStore, Room, Spool};
use crate::catalogue::{Catalogue, Memory, Outbox, Sqlite};
use crate::engine::Headroom;

/// A store with what else it can do.
pub(super) struct Store {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) spool: Arc<dyn Spool>,
    /// The folder of the stored files, if it is one on this machine.
    pub(super) folder: Option<PathBuf>,
    /// How much room it has, if it knows.
    pub(super) room: Option<Arc<dyn Room>>,
}

impl Store {
    pub(super) fn of<S: BlobStore + Spool + 'static>(store: S) -> Self {
        // Having a folder isn't a power that the engine could use, so it is no part of the traits; only a
        // person wants to know it, and only of the store that has one. Whoever has room says so by
        // `UploadsBuilder::room`, but for the store that is ours.
        let local = (&store as &dyn Any).downcast_ref::<LocalStore>();
        let folder = local.map(|local| local.files().to_owned());
        let room = local.map(|local| Arc::new(local.clone()) as Arc<dyn Room>);
        let store = Arc::new(store);
        Self { blobs: Arc::<S>::clone(&store), spool: store, folder, room }
    }
}

/// A catalogue with what else it can do.
pub(super) struct Remembering {
    catalogue: Arc<dyn Catalogue>,
    outbox: Option<Arc<dyn Outbox>>,
}

impl Remembering {
    pub(super) fn of<C: Catalogue + 'static>(catalogue: C) -> Self {
        // Those of ours are outboxes; whoever brings another one says so by `UploadsBuilder::outbox`.
        let any = &catalogue as &dyn Any;
        let sqlite = any.downcast_ref::<Sqlite>().map(|it| Arc::new(it.clone()) as Arc<dyn Outbox>);
        let memory = any.downcast_ref::<Memory>().map(|it| Arc::new(it.clone()) as Arc<dyn Outbox>);
        Self { outbox: sqlite.or(memory), catalogue: Arc::new(catalogue) }
    }
}

/// What the application gave.
#[derive(Default)]
pub(super) struct Given {
    pub(super) data: Option<PathBuf>,
    pub(super) durability: Option<Durability>,
    pub(super) store: Option<Store>,
    pub(super) room: Option<Arc<dyn Room>>,
    pub(super) min_free: Option<u64>,
    pub(super) catalogue: Option<Remembering>,
    pub(super) secret: Option<Secret>,
}

pub(super) struct Foundation {
    pub(super) store: Store,
    pub(super) room: Option<Headroom>,
    pub(super) catalogue: Arc<dyn Catalogue>,
    /// The same as an outbox, if it is one.
    pub(super) outbox: Option<Arc<dyn Outbox>>,
    /// Who is told of files.
    pub(super) told: Told,
    pub(super) secret: Secret,
    pub(super) opened: Opened,
}

/// What was opened here and nobody else will close.
#[derive(Debug, Clone, Default)]
pub(super) struct Opened {
    catalogue: Option<Sqlite>,
    // Held, not used: the lock goes when the last service on the folder does.
    _folder: Option<Arc<DataFolder>>,
}

impl Opened {
    pub(super) async fn close(&self) {
        if let Some(catalogue) = &self.catalogue {
            catalogue.close().await;
        }
    }
}

impl Foundation {
    /// Takes what was given, and makes the rest.
    pub(super) async fn lay(given: Given) -> Result<Self, DataError> {
        let durability = given.durability.unwrap_or_default();
        // ORDER: the lock before anything in the folder is opened.
        let folder = match &given.data {
            Some(path) => Some(DataFolder::open_soon(path).await?),
            None => None,
        };
        let store = match (given.store, &folder) {
            (Some(store), _) => store,
            (None, Some(folder)) => Store::of(folder.store(durability)?),
            (None, None) => Store::of(MemoryStore::default()),
        };
        let room = given.room.or(store.room.clone());
        let room = room.map(|store| Headroom { store, min_free: given.min_free });
        let secret = match (given.secret, &folder) {
            (Some(secret), _) => secret,
            (None, Some(folder)) => folder.secret()?,
            (None, None) => Secret::random(),
        };
        let mut own = None;
        let Remembering { catalogue, outbox } = match (given.catalogue, &folder) {
            (Some(remembering), _) => remembering,
            (None, Some(folder)) => {
                let catalogue = folder.catalogue(durability).await?;
                own = Some(catalogue.clone());
                Remembering::of(catalogue)
            }
            (None, None) => Remembering::of(Memory::new()),
        };
        let opened = Opened { catalogue: own, _folder: folder.map(Arc::new) };
        Ok(Self { store, room, catalogue, outbox, told: Told::default(), secret, opened })
    }
}
