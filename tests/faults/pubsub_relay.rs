//! The relay between the program and Pub/Sub: it keeps the book, watches acknowledgements and breaks connections.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{
    bookkeeper::Bookkeeper,
    http::{self, Request},
    pubsub::LEASE,
    trap::Point,
};

/// A campaign by REST has one program.
const PROGRAM: usize = 0;

/// How long a pull waits for messages, and how often it looks.
const LONGEST_PULL: Duration = Duration::from_mins(1);
const NAP: Duration = Duration::from_millis(25);

/// What the relay shares between its connections.
pub(crate) struct PubsubRelay {
    emulator: String,
    client: reqwest::Client,
    keeper: Arc<Bookkeeper>,
}

/// An answer of the emulator.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl PubsubRelay {
    pub(crate) fn new(emulator: String, keeper: Arc<Bookkeeper>) -> Self {
        Self { emulator, client: reqwest::Client::new(), keeper }
    }

    /// Listens; the address. The runtime ends it.
    pub(crate) async fn start(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let relay = self.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let relay = relay.clone();
                // A connection that breaks is the point of it all.
                tokio::spawn(async move { drop(relay.serve(stream).await) });
            }
        });
        address
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut client = BufReader::new(stream);
        while let Some(request) = http::read_request(&mut client).await? {
            let path = request.path.split('?').next().unwrap_or_default();
            let goes_on = if path.ends_with(":pull") {
                self.pull(&mut client, request).await?
            } else if path.ends_with(":acknowledge") {
                self.acknowledge(&mut client, request).await?
            } else {
                self.pass(&mut client, request).await?
            };
            if !goes_on {
                // No lingering: the other side sees a reset.
                return client.get_ref().set_zero_linger();
            }
        }
        Ok(())
    }

    async fn pass(&self, client: &mut BufReader<TcpStream>, request: Request) -> io::Result<bool> {
        if request.path.contains(":modifyAckDeadline") {
            let seconds = parse(&request.body)["ackDeadlineSeconds"].as_u64().unwrap_or(0);
            let n_messages = ack_ids(&request.body).len();
            self.keeper.ledger.changed_leases(n_messages, Duration::from_secs(seconds));
        }
        let answer = self.forward(&request).await?;
        client.get_mut().write_all(&http::answer(answer.status, &answer.body)).await?;
        Ok(true)
    }

    async fn pull(
        &self,
        client: &mut BufReader<TcpStream>,
        mut request: Request,
    ) -> io::Result<bool> {
        let subscription = request.path.trim_end_matches(":pull").to_owned();
        let mut wish = parse(&request.body);
        let asked = wish["maxMessages"].as_u64().unwrap_or(1).try_into().unwrap_or(1);
        let waits = wish["returnImmediately"] != json!(true);
        wish["maxMessages"] = json!(self.keeper.largest_pull().min(asked));
        wish["returnImmediately"] = json!(true);
        request.body = wish.to_string().into_bytes();
        let answer = self.wait_for_messages(client, &request, waits).await?;
        let deliveries = deliveries(&answer.body);
        self.keeper.ledger.delivered(&deliveries, LEASE);
        if self.keeper.acknowledges_first && !deliveries.is_empty() {
            let ack_ids: Vec<&String> = deliveries.iter().map(|(ack_id, _)| ack_id).collect();
            let body = json!({ "ackIds": ack_ids }).to_string().into_bytes();
            let path = format!("{subscription}:acknowledge");
            self.settle(Request { method: "POST".to_owned(), path, body }).await?;
        }
        self.hand_over(client, &answer, !deliveries.is_empty()).await
    }

    /// Waits in the emulator's place: a pull that waits there goes on when its client is gone, and takes messages
    /// that nobody gets.
    async fn wait_for_messages(
        &self,
        client: &BufReader<TcpStream>,
        request: &Request,
        waits: bool,
    ) -> io::Result<Answer> {
        let give_up = Instant::now() + LONGEST_PULL;
        loop {
            let answer = self.forward(request).await?;
            let is_over = !waits || answer.status != 200 || Instant::now() > give_up;
            if is_over || !deliveries(&answer.body).is_empty() {
                return Ok(answer);
            }
            if tokio::time::timeout(NAP, http::closed(client)).await.is_ok() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
    }

    async fn hand_over(
        &self,
        client: &mut BufReader<TcpStream>,
        answer: &Answer,
        has_messages: bool,
    ) -> io::Result<bool> {
        let bytes = http::answer(answer.status, &answer.body);
        let caught =
            if has_messages { self.keeper.trap.catch(Point::Pulled, PROGRAM) } else { None };
        let whole = !caught.as_ref().is_some_and(|caught| caught.is_cut);
        let end = if whole { bytes.len() } else { bytes.len() / 2 };
        if has_messages {
            self.keeper.trap.has_been_given(PROGRAM);
        }
        client.get_mut().write_all(&bytes[..end]).await?;
        let Some(caught) = caught else { return Ok(true) };
        caught.hold().await;
        Ok(false)
    }

    async fn acknowledge(
        &self,
        client: &mut BufReader<TcpStream>,
        request: Request,
    ) -> io::Result<bool> {
        self.keeper.check(&ack_ids(&request.body)).await;
        if let Some(caught) = self.keeper.trap.catch(Point::AckQueued, PROGRAM) {
            caught.hold().await;
            return Ok(false);
        }
        let answer = self.settle(request).await?;
        if let Some(caught) = self.keeper.trap.catch(Point::AckSent, PROGRAM) {
            caught.hold().await;
            return Ok(false);
        }
        client.get_mut().write_all(&http::answer(answer.status, &answer.body)).await?;
        Ok(true)
    }

    async fn settle(&self, request: Request) -> io::Result<Answer> {
        if self.keeper.acknowledges_first {
            self.keeper.check(&ack_ids(&request.body)).await;
        }
        let ack_ids = ack_ids(&request.body);
        let answer = self.forward(&request).await?;
        if answer.status == 200 {
            self.keeper.ledger.acknowledged(&ack_ids);
        }
        Ok(answer)
    }

    async fn forward(&self, request: &Request) -> io::Result<Answer> {
        let url = format!("http://{}{}", self.emulator, request.path);
        let method = Method::from_bytes(request.method.as_bytes()).map_err(io::Error::other)?;
        let mut sent = self.client.request(method, url);
        if !request.body.is_empty() {
            sent = sent.header("content-type", "application/json").body(request.body.clone());
        }
        let answer = sent.send().await.map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        Ok(Answer { status, body: answer.bytes().await.map_err(io::Error::other)?.into() })
    }
}

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn ack_ids(body: &[u8]) -> Vec<String> {
    serde_json::from_value(parse(body)["ackIds"].take()).unwrap_or_default()
}

/// Acknowledgement id and message id of each message of an answer.
fn deliveries(body: &[u8]) -> Vec<(String, String)> {
    let answer = parse(body);
    let received = answer["receivedMessages"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    received
        .map(|received| (text(&received["ackId"]), text(&received["message"]["messageId"])))
        .collect()
}
