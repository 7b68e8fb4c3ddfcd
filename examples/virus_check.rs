//! A stand-in for a virus scanner: it reads each file to its end before anybody gets at it.
//!
//! `cargo run --example virus_check`, then the file of eicar.org, which every scanner knows:
//! `curl -F files=@eicar.com.txt http://127.0.0.1:8080/virus_check`
#![allow(clippy::print_stdout)]

use longshore::checks::{Check, Stage, Subject, Verdict};
use longshore::{Code, Entry, Rejection, SlotOptions, Templates, UploadSession};
use longshore::{Uploads, View, ViewResult};

#[derive(Debug)]
struct Scanner;

#[async_trait::async_trait]
impl Check for Scanner {
    fn name(&self) -> &'static str {
        "virus_scanner"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        // In two halves, so that no scanner takes this source for infected.
        let virus = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];
        let (virus, mut window, mut offset) = (virus.concat(), Vec::new(), 0);
        while let Some(content) = subject.content {
            window.drain(..window.len().saturating_sub(virus.len()));
            let Ok(piece) = content.read_at(offset, 65_536).await else { break };
            if piece.is_empty() {
                return Verdict::Accept;
            }
            offset += piece.len() as u64;
            window.extend_from_slice(&piece);
            if window.windows(virus.len()).any(|bytes| bytes == virus.as_bytes()) {
                return Verdict::Refuse(Rejection::new(Code::Infected));
            }
        }
        Verdict::Refuse(Rejection::new(Code::CheckFailed))
    }
}

async fn no_archives(entry: Entry) -> Result<(), Rejection> {
    let name = entry.name.as_str().to_lowercase();
    let packed = [".zip", ".rar", ".7z", ".gz"].iter().any(|ending| name.ends_with(ending));
    if packed { Err(Rejection::because("No archives, please.")) } else { Ok(()) }
}

struct Inbox;

impl View for Inbox {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new().max_entries(10).validate(no_archives).check(Scanner);
        Ok(session.allow_upload("files", options)?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        if entry.done() {
            session.keep_uploaded_entry(entry).await?;
        }
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/virus_check".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let inbox = ("inbox.html", include_str!("templates/virus_check.html"));
    let uploads = Uploads::builder().data(data).templates(Templates::from_texts([layout, inbox])?);
    let uploads = uploads.page("virus_check", || Inbox).start().await?;
    uploads.serve(("127.0.0.1", port), |at| println!("http://{}/virus_check", at[0])).await?;
    Ok(())
}
