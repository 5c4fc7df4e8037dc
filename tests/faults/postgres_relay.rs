//! The relay between the program and `PostgreSQL`: it reads the wire protocol and breaks off at named points.

use std::{
    io::{self, ErrorKind},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader, BufWriter},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::{
    keep_transaction::{Frame, Watch},
    trap::{Point, Trap},
};

/// Listens for a program and hands on to the server at this port; the relay's own port. The runtime ends it.
pub(crate) async fn start(server_port: u16, trap: Arc<Trap>, program: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let trap = trap.clone();
            // A connection that breaks is the point of it all.
            tokio::spawn(async move { drop(relay(client, server_port, &trap, program).await) });
        }
    });
    port
}

/// One side's way to the other.
struct Lane<'r> {
    from: BufReader<OwnedReadHalf>,
    to: BufWriter<OwnedWriteHalf>,
    watch: &'r Mutex<Watch>,
    trap: &'r Trap,
    program: usize,
}

async fn relay(client: TcpStream, server_port: u16, trap: &Trap, program: usize) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server_port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let watch = Mutex::new(Watch::default());
    let lane = |from, to| Lane {
        from: BufReader::with_capacity(1 << 16, from),
        to: BufWriter::with_capacity(1 << 16, to),
        watch: &watch,
        trap,
        program,
    };
    let (mut up, mut down) = (lane(client_read, server_write), lane(server_read, client_write));
    up.pass_greeting().await?;
    // When either side is gone both connections end, and with them an open transaction.
    tokio::select! {
        ended = up.run(Watch::sent) => ended,
        ended = down.run(Watch::answered) => ended,
    }
}

impl Lane<'_> {
    /// The first message of a client has no kind.
    async fn pass_greeting(&mut self) -> io::Result<()> {
        let length = self.from.read_u32().await?;
        let mut rest = vec![0; (length as usize).saturating_sub(4)];
        self.from.read_exact(&mut rest).await?;
        self.to.write_u32(length).await?;
        self.to.write_all(&rest).await?;
        self.to.flush().await
    }

    async fn run(&mut self, note: fn(&mut Watch, &Frame) -> Option<Point>) -> io::Result<()> {
        loop {
            let frame = self.read_frame().await?;
            let point =
                note(&mut self.watch.lock().unwrap_or_else(PoisonError::into_inner), &frame);
            // Before the first message there are transactions too: those that make the tables.
            if let Some(point) = point.filter(|_| self.trap.has_pulled(self.program))
                && let Some(caught) = self.trap.catch(point, self.program)
            {
                self.to.flush().await?;
                caught.hold().await;
                return Err(ErrorKind::ConnectionReset.into());
            }
            self.to.write_all(&frame.bytes).await?;
            if self.from.buffer().is_empty() {
                self.to.flush().await?;
            }
        }
    }

    async fn read_frame(&mut self) -> io::Result<Frame> {
        let mut head = [0; 5];
        self.from.read_exact(&mut head).await?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        let mut bytes = vec![0; length + 1];
        bytes[..5].copy_from_slice(&head);
        self.from.read_exact(&mut bytes[5..]).await?;
        Ok(Frame { kind, bytes })
    }
}
