//! What a live client makes of what it is told, and what it holds against the server.

use std::collections::HashMap;

use actix_web::http::Method;
use serde_json::Value;

use super::{Flow, LiveClient, Over};
use crate::rig::{End, File, Site};

impl LiveClient {
    /// An entry that goes on, or begins, or has got all its bytes; then its end is told soon.
    pub(super) fn taken_up(&mut self, entry: &Value, flows: &mut HashMap<u32, Flow>, site: &Site) {
        let id = entry["id"].as_str().unwrap().to_owned();
        let is_it = |file: &File| {
            file.id.as_ref() == Some(&id) || (file.id.is_none() && entry["ref"] == file.name)
        };
        // Others of the session are from an earlier round, and ended then.
        let Some(number) = self.files.iter().position(is_it) else { return };
        let file = &mut self.files[number];
        if file.end.is_some() {
            return;
        }
        file.id = Some(id.clone());
        let offset = entry["offset"].as_u64().unwrap();
        site.goes_on(file, offset);
        let stream = u32::try_from(entry["stream"].as_u64().unwrap()).unwrap();
        flows.insert(stream, Flow { file: number, at: offset, acked: offset });
    }

    /// Makes sense of a message.
    pub(super) async fn heed(
        &mut self,
        message: &Value,
        flows: &mut HashMap<u32, Flow>,
        site: &Site,
    ) -> Result<(), Over> {
        let stream = message["stream"].as_u64().and_then(|stream| u32::try_from(stream).ok());
        match message["type"].as_str().unwrap() {
            "registered" => {
                for entry in message["entries"].as_array().unwrap() {
                    self.taken_up(entry, flows, site);
                }
                for error in message["errors"].as_array().unwrap() {
                    self.not_registered(error, site).await?;
                }
            }
            "ack" => {
                let flow = flows.get_mut(&stream.unwrap()).unwrap();
                flow.acked = message["offset"].as_u64().unwrap();
                let file = &mut self.files[flow.file];
                file.acked = flow.acked;
                if flow.acked > file.sent {
                    site.broken(format!("acknowledged before it was sent: {message} {file:?}"));
                }
            }
            "progress" => {
                let Some(number) = self.files.iter().position(|file| {
                    file.id.is_some() && message["id"].as_str() == file.id.as_deref()
                }) else {
                    return Ok(());
                };
                match message["status"].as_str().unwrap() {
                    "complete" => {
                        let text = |field: &str| message[field].as_str().unwrap_or_default();
                        let file = &mut self.files[number];
                        site.completed(file, text("id"), text("url"), text("sha256"));
                    }
                    "cancelled" if self.files[number].taken_back => {
                        self.files[number].end = Some(End::Cancelled);
                        site.count(|figures| figures.cancelled += 1);
                    }
                    "error" | "cancelled" => return self.failed(number, message, site),
                    _ => {}
                }
            }
            // It was complete before its client took it back.
            "error" if self.files.iter().any(|file| file.taken_back) => {}
            "nack" | "error" => {
                if !site.in_trouble.get() {
                    site.broken(format!("an honest client was told {message}: {self:?}"));
                }
                return Err(Over);
            }
            _ => {}
        }
        Ok(())
    }

    async fn not_registered(&mut self, error: &Value, site: &Site) -> Result<(), Over> {
        let number = self.files.iter().position(|file| error["ref"] == file.name).unwrap();
        if error["code"] == "unknown_entry" && self.files[number].id.is_some() {
            // It may have been completed when nobody was there to hear it.
            self.look(number, site).await;
            // What begins anew is offered on the next connection.
            return if self.files[number].is_complete() { Ok(()) } else { Err(Over) };
        }
        if !site.in_trouble.get() {
            site.broken(format!("an honest client was told {error}: {:?}", self.files[number]));
        }
        Err(Over)
    }

    /// Asks whether a file is stored whose end was not heard. One that isn't was lost.
    async fn look(&mut self, number: usize, site: &Site) {
        let file = &mut self.files[number];
        let id = file.id.clone().unwrap();
        let path = format!("/api/files/{id}");
        let visitor = self.visitor.reconnected();
        let answer = visitor.try_send(Method::GET, &path, &[], Vec::new()).await;
        match answer {
            Some(answer) if answer.status == 200 && file.sent == file.size() => {
                let json = answer.json();
                let text = |field: &str| json[field].as_str().unwrap_or_default();
                site.completed(file, &id, text("url"), text("sha256"));
                site.count(|figures| figures.unheard += 1);
            }
            Some(answer) => {
                if !site.in_trouble.get() {
                    site.broken(format!("lost: {} {} {file:?}", answer.status, answer.text()));
                }
                self.give_up(number, site);
            }
            None => {}
        }
    }

    fn failed(&mut self, number: usize, message: &Value, site: &Site) -> Result<(), Over> {
        if !site.in_trouble.get() {
            site.broken(format!("failed: {message} {:?}", self.files[number]));
        }
        self.give_up(number, site);
        Err(Over)
    }

    /// It ended without a good word, and begins anew under another name.
    pub(super) fn give_up(&mut self, number: usize, site: &Site) {
        let file = &mut self.files[number];
        file.end = Some(End::Unknown);
        let again = file.again();
        self.files.push(again);
        site.count(|figures| figures.anew += 1);
    }
}
