//! A small TCP proxy whose connections can be cut, frozen and delayed: between a node and PostgreSQL, and in front
//! of a node.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What it does with bytes and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes them on.
    Pass,
    /// Has cut all connections and cuts every new one.
    Cut,
    /// Keeps connections open and passes nothing on.
    Freeze,
    /// Passes everything on that much later.
    Delay(Duration),
}

/// Where it leads.
#[derive(Clone, Debug)]
pub enum Target {
    /// Nowhere now.
    Nobody,
    /// A socket on this machine.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A running proxy.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    targets: Arc<Mutex<Vec<Target>>>,
}

impl Proxy {
    /// A proxy that tries these targets in turn, beginning with another one for each connection.
    pub async fn start(targets: Vec<Target>) -> anyhow::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mode = watch::Sender::new(Mode::Pass);
        let targets = Arc::new(Mutex::new(targets));
        tokio::spawn(accept(listener, mode.clone(), Arc::clone(&targets)));
        Ok(Proxy { address, mode, targets })
    }

    /// From now on it does this, with connections that are open, too.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// From now on new connections lead elsewhere.
    pub fn lead_to(&self, target: Target) {
        self.lead_to_any(vec![target]);
    }

    /// The same, to whichever of these answers.
    pub fn lead_to_any(&self, targets: Vec<Target>) {
        *self.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }
}

async fn accept(listener: TcpListener, mode: watch::Sender<Mode>, targets: Arc<Mutex<Vec<Target>>>) {
    let mut turn = 0;
    while let Ok((client, _)) = listener.accept().await {
        turn += 1;
        let mut order = targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let first = turn % order.len().max(1);
        order.rotate_left(first);
        tokio::spawn(connect(client, order, mode.subscribe()));
    }
}

async fn connect(client: TcpStream, targets: Vec<Target>, mode: watch::Receiver<Mode>) {
    let _ = client.set_nodelay(true);
    if *mode.borrow() == Mode::Cut {
        return;
    }
    for target in targets {
        match target {
            Target::Nobody => {}
            Target::Tcp(address) => {
                if let Ok(server) = TcpStream::connect(address).await {
                    let _ = server.set_nodelay(true);
                    return pass(client, server, mode).await;
                }
            }
            Target::Unix(path) => {
                if let Ok(server) = UnixStream::connect(path).await {
                    return pass(client, server, mode).await;
                }
            }
        }
    }
}

/// Passes bytes both ways until one side ends or the connection is cut.
async fn pass<C, S>(client: C, server: S, mode: watch::Receiver<Mode>)
where
    C: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let mut cut = mode.clone();
    tokio::select! {
        () = one_way(from_client, to_server, mode.clone()) => {}
        () = one_way(from_server, to_client, mode) => {}
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let Ok(now) = mode.wait_for(|mode| *mode != Mode::Freeze).await.map(|mode| *mode) else { return };
        if let Mode::Delay(delay) = now {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
