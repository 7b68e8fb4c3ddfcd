//! [`Mob`]: many hostile clients on a thread of their own, which gives way to everybody else.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use longshore::testing::until;
use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::attacks::{Attack, Prey};
use super::{seconds, sink};
use crate::server::Server;

/// How long a hostile client stays on one connection, at most.
const STAY: Duration = Duration::from_secs(20);

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Full,
}

impl Size {
    fn of(self, attack: Attack) -> usize {
        let (full, small) = match attack {
            Attack::Silence => (1_000, 200),
            Attack::SlowHead | Attack::SlowBody => (100, 20),
            Attack::DeafReader => (20, 5),
            Attack::DeafPage => (10, 2),
            Attack::FrameBomb | Attack::PingFlood | Attack::PartBomb | Attack::RegisterBomb => {
                (4, 1)
            }
            Attack::FrameFlood => (2, 1),
        };
        if self == Self::Full { full } else { small }
    }

    pub(super) fn connections(self) -> u64 {
        Attack::ALL.iter().map(|attack| self.of(*attack) as u64).sum()
    }
}

/// How often each attack was begun, and what it cost.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    begun: [u64; Attack::ALL.len()],
    bytes: u64,
    /// Seconds of the mob's own CPU.
    pub(super) cpu: f64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in self.begun.iter_mut().zip(other.begun) {
            *sum += more;
        }
        self.bytes += other.bytes;
        self.cpu += other.cpu;
    }

    /// A mob that did nothing proves nothing.
    pub(super) fn was_delivered(&self) {
        for (attack, begun) in Attack::ALL.iter().zip(self.begun) {
            assert!(begun > 0, "{attack:?} was never begun");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (attack, begun) in Attack::ALL.iter().zip(self.begun) {
            write!(f, "{attack:?}={begun} ")?;
        }
        write!(f, "sent={}MiB mob_cpu={:.1}s", self.bytes >> 20, self.cpu)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    begun: [AtomicU64; Attack::ALL.len()],
    pub(super) bytes: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Mob {
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
    cpu: mpsc::Receiver<f64>,
    size: Size,
}

/// As many descriptors as are allowed, for this process; the server takes its own.
pub(super) fn take_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

impl Mob {
    /// Sends a mob against a server. It has a file, with its owner's cookie, that it asks for and doesn't read.
    pub(super) fn of(server: &Server, size: Size, file: (String, String)) -> Self {
        Self::against(Some(server.address().parse().unwrap()), size, file)
    }

    /// The same mob, doing the same, against somebody who reads all of it and does nothing: on its own thread, as little
    /// as can be. What honest clients lose beside this one, they lose to its work and not to the server's.
    pub(super) fn of_nobody(size: Size, file: (String, String)) -> Self {
        Self::against(None, size, file)
    }

    fn against(address: Option<SocketAddr>, size: Size, file: (String, String)) -> Self {
        let counts = Arc::<Counts>::default();
        let (stop, stopped) = watch::channel(false);
        let (told, cpu) = mpsc::channel();
        let told_counts = Arc::clone(&counts);
        let thread = std::thread::spawn(move || {
            // Of this thread alone: Linux knows no priority of a process.
            setpriority_process(None, 19).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap();
            let local = LocalSet::new();
            let address = address.unwrap_or_else(|| sink::open(&runtime, &local));
            let prey = Prey { address, file, counts: told_counts };
            run(&runtime, local, prey, size, stopped);
            let _ = told.send(seconds("/proc/thread-self/stat"));
        });
        Self { counts, stop, thread, cpu, size }
    }

    /// Waits until every attack goes on.
    pub(super) async fn is_there(&self) {
        until("the mob is there", || {
            let wanted = |attack: Attack| self.size.of(attack) as u64;
            let mut all = Attack::ALL.into_iter().zip(&self.counts.begun);
            all.all(|(attack, begun)| begun.load(Ordering::Relaxed) >= wanted(attack))
        })
        .await;
    }

    /// All of it goes at once, and tells what it has done.
    pub(super) fn leaves(self) -> Tally {
        let _ = self.stop.send(true);
        self.thread.join().unwrap();
        Tally {
            begun: std::array::from_fn(|at| self.counts.begun[at].load(Ordering::Relaxed)),
            bytes: self.counts.bytes.load(Ordering::Relaxed),
            cpu: self.cpu.recv().unwrap_or_default(),
        }
    }
}

fn run(
    runtime: &tokio::runtime::Runtime,
    local: LocalSet,
    prey: Prey,
    size: Size,
    mut stopped: watch::Receiver<bool>,
) {
    let prey = std::rc::Rc::new(prey);
    for (at, attack) in Attack::ALL.into_iter().enumerate() {
        for number in 0..size.of(attack) {
            let prey = std::rc::Rc::clone(&prey);
            local.spawn_local(async move {
                loop {
                    if let Ok(stream) = connect(prey.address, number).await {
                        prey.counts.begun[at].fetch_add(1, Ordering::Relaxed);
                        let _ = tokio::time::timeout(STAY, attack.go(stream, &prey)).await;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    }
    runtime.block_on(local.run_until(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }));
}

/// Addresses of their own: one has only so many ports, and the honest ones are somebody else.
async fn connect(address: SocketAddr, number: usize) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let source = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(number % 8).unwrap());
    socket.bind((source, 0).into())?;
    socket.connect(address).await
}
