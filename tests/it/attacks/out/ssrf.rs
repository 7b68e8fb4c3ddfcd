//! SRF-01: addresses that only we can reach, and strangers who would like us to.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::until;
use longshore::{Uploads, Webhook};

use super::super::oracle::Target;
use crate::support::Upload;
use crate::support::log::Log;
use crate::support::receiver::{Manner, Receiver, SECRET};

const LOOK: Duration = Duration::from_millis(20);

#[actix_web::test]
async fn srf_01_a_webhook_at_a_private_address_stops_the_start() {
    for url in [
        "http://127.0.0.1:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:9/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ] {
        let started = Uploads::builder().webhook(Webhook::to(url).secret(SECRET)).start().await;
        let error = started.expect_err(url).to_string();
        assert!(error.contains("allowed is"), "{url}: {error}");
    }
}

/// The name is a good one for whoever wrote the configuration; where it leads is decided by others.
#[actix_web::test]
async fn srf_01_a_name_that_leads_to_a_private_address_is_never_connected_to() {
    let receiver = Receiver::that(Manner::Status(200));
    let webhook =
        Webhook::to(format!("http://localhost:{}/", receiver.address.port())).secret(SECRET);
    let log = Log::from_here();
    let target = Target::with(|builder| builder.webhook(webhook).webhook_look(LOOK)).await;
    target.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let word = format!("webhook http://localhost:{}: its name leads", receiver.address.port());
    until("the attempt is refused", || log.text().contains(&word)).await;
    assert_eq!(receiver.heard().len(), 0, "nobody was spoken to");
    target.end().await;
}

#[actix_web::test]
async fn srf_01_a_receiver_can_send_us_nowhere_else() {
    let inner = Receiver::that(Manner::Status(200));
    for to in [inner.url(), "http://169.254.169.254/latest/meta-data/".to_owned()] {
        let receiver = Receiver::that(Manner::Redirect(to));
        let webhook = receiver.webhook();
        let target = Target::with(|builder| builder.webhook(webhook).webhook_look(LOOK)).await;
        target.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
        receiver.hears(1).await;
        // It was not taken, so it comes again; to the same place.
        receiver.hears_in_time(2, target.clock()).await;
        target.end().await;
    }
    assert_eq!(inner.heard().len(), 0, "nobody followed");
}

/// No door fetches anything for a client: what looks like an address is refused, and nobody connects to it.
#[actix_web::test]
async fn srf_01_no_door_fetches_what_a_client_names() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = format!("http://{}/x", listener.local_addr().unwrap());
    let target = Target::start().await;
    let visitor = target.visitor();
    for address in [
        &*here,
        "http://169.254.169.254/",
        "http://[::1]:80/",
        "http://10.0.0.1/",
        "file:///etc/passwd",
    ] {
        for method in [Method::GET, Method::HEAD] {
            let path = format!("/filepond/inbox/any?fetch={}", urlencode(address));
            let answer = visitor.send(method, &path, &[], Vec::new()).await;
            assert_eq!(answer.status, 403, "{address}");
        }
        let concat = format!("final;{address}");
        let tus = [("tus-resumable", "1.0.0"), ("upload-concat", &*concat)];
        let answer = visitor.send(Method::POST, "/tus/inbox/any", &tus, Vec::new()).await;
        assert!((400..500).contains(&answer.status), "{address}: {}", answer.status);
        for name in ["url", "source", "file", "any"] {
            let form = crate::support::Form::new().text(name, address);
            let json = visitor.post("inbox", form).await.json();
            assert_eq!(json["files"].as_array().map_or(0, Vec::len), 0, "{address}: {json}");
        }
    }
    assert!(listener.accept().is_err(), "somebody came");
    target.end().await;
}

fn urlencode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
