//! Uploads that pause in the middle: whoever waits for the next byte waits, and does nothing meanwhile.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::server::Server;

const LENGTH: usize = 1_000_000;
/// What is sent before the pause: enough that some of it is written.
const SENT: usize = 600_000;
/// Longer than the time after which an upload's progress is made durable.
const PAUSE: Duration = Duration::from_secs(4);

/// An upload that has sent a part of its body. Its connection has to be kept.
fn paused(server: &Server, head: &str, begin: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let (host, length) = (server.address(), begin.len() + LENGTH);
    write!(stream, "{head}\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{begin}").unwrap();
    stream.write_all(&vec![b'a'; SENT]).unwrap();
    stream
}

#[actix_web::test]
async fn an_upload_that_pauses_keeps_no_processor_busy() {
    let tus = "POST /tus/files/files HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1000000\r\n\
               Upload-Metadata: filename YS50eHQ=\r\nContent-Type: application/offset+octet-stream";
    let form = "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b";
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let put = "PUT /resumable/files/files/a.txt HTTP/1.1";
    for (head, begin) in [(put, ""), (form, part), (tus, "")] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &[]);
        let stream = paused(&server, head, begin);
        let before = server.worked();
        tokio::time::sleep(PAUSE).await;
        let worked = server.worked().saturating_sub(before);
        // It receives what was sent, and looks after it once a second.
        assert!(worked < Duration::from_millis(800), "{head}: {worked:?} in {PAUSE:?}");
        let spool = std::fs::read_dir(folder.path().join("spool")).unwrap();
        assert_eq!(spool.count(), 1, "{head}: its bytes have come, and wait for the others");
        drop(stream);
        assert!(server.terminate().success());
    }
}
