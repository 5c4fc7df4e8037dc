//! The line between the service and the emulator: it can be cut, be slow, and swallow everything without a word.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// How long everything takes on a slow line.
const SLOW: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Everything takes its time.
    Slow,
    /// Connections end, and new ones end at once.
    Cut,
    /// Connections stay and nothing comes through.
    Dead,
}

/// A relay of bytes.
pub(crate) struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Line {
    /// A line to `HOST:PORT`.
    pub(crate) async fn to(host: &str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            state: watch::Sender::new(State::Open),
        });
        let (host, state) = (host.to_owned(), line.state.clone());
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let (host, mut state) = (host.clone(), state.subscribe());
                tokio::spawn(async move {
                    if *state.borrow_and_update() == State::Cut {
                        return;
                    }
                    let far = TcpStream::connect(host).await.unwrap();
                    let ((near_in, near_out), (far_in, far_out)) =
                        (near.into_split(), far.into_split());
                    tokio::select! {
                        () = carry(near_in, far_out, state.clone()) => {}
                        () = carry(far_in, near_out, state.clone()) => {}
                        _ = state.wait_for(|state| *state == State::Cut) => {}
                    }
                });
            }
        });
        line
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub(crate) fn be_slow(&self) {
        self.state.send_replace(State::Slow);
    }

    pub(crate) fn go_dead(&self) {
        self.state.send_replace(State::Dead);
    }

    /// What was swallowed is lost: whoever was connected has to connect anew.
    pub(crate) async fn mend(&self) {
        self.state.send_replace(State::Cut);
        // So that every connection sees it.
        sleep(Duration::from_millis(50)).await;
        self.state.send_replace(State::Open);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: watch::Receiver<State>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(n) = from.read(&mut bytes).await {
        let now = *state.borrow();
        match now {
            // What came before may have been half a message: this connection is of no use any more.
            State::Dead => std::future::pending::<()>().await,
            State::Slow => sleep(SLOW).await,
            State::Open | State::Cut => {}
        }
        if n == 0 || to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}
