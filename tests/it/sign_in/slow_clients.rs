//! Clients that dawdle: they are cut off, and hold up nobody else.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};

use super::{ADA, Browser, Deployment, SignInSetup};

/// Much more than the limits of [`impatient`], and less than those of the program.
const UNTIL_CUT: Duration = Duration::from_secs(9);
const UNTIL_CUT_UNTAKEN: Duration = Duration::from_secs(25);

/// A deployment that waits for nobody long.
async fn impatient() -> Deployment {
    let mut setup = SignInSetup::default();
    let web = &mut setup.timing.web;
    web.body = Duration::from_secs(2);
    web.request = Duration::from_secs(3);
    web.untaken = Duration::from_secs(3);
    setup.start().await
}

async fn connect(deployment: &Deployment) -> TcpStream {
    TcpStream::connect(deployment.app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends the head of a form and a part of its body, and waits for what the service does about it.
async fn half_a_form(deployment: &Deployment, path: &str, cookie: &str) -> String {
    let host = deployment.app.base.strip_prefix("http://").unwrap();
    let mut stream = connect(deployment).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nnext="
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = timeout(UNTIL_CUT, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "{path} as {cookie}: the connection is still open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks for pages without ever reading one, until the service takes no more.
async fn never_read(deployment: &Deployment, browser: &Browser) {
    let host = deployment.app.base.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(host.parse().unwrap()).await.unwrap();
    let request = format!(
        "GET /api/openapi.json HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n",
        browser.cookie_header()
    );
    let begun = Instant::now();
    let cut = async {
        while stream.write_all(request.as_bytes()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(timeout(UNTIL_CUT_UNTAKEN, cut).await.is_ok(), "the connection is still open");
    assert!(begun.elapsed() > Duration::from_secs(1), "it was cut for another reason");
}

#[tokio::test]
async fn a_body_that_does_not_come_and_an_answer_that_nobody_takes_are_cut_off() {
    let deployment = impatient().await;
    let browser = deployment.signed_in(ADA).await;
    let cookie = browser.cookie_header();
    let nobody = "theme=dark";
    let others = async {
        // Meanwhile everybody else is served.
        for _ in 0..20 {
            assert!(browser.is_in().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (member_form, sign_in, stranger_form, ..) = tokio::join!(
        half_a_form(&deployment, "/targets/create/", &cookie),
        half_a_form(&deployment, "/accounts/login/", nobody),
        half_a_form(&deployment, "/targets/create/", nobody),
        never_read(&deployment, &browser),
        others,
    );
    for answer in [member_form, sign_in, stranger_form] {
        let is_told = answer.is_empty()
            || answer.starts_with("HTTP/1.1 503")
            || answer.starts_with("HTTP/1.1 401");
        assert!(is_told, "{answer}");
    }
    assert_eq!(deployment.count("select count(*) from target").await, 0);
}
