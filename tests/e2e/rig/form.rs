//! [`FormClient`]: posts files in forms until each was answered. A form can't be resumed: a post that breaks off is
//! posted again, under other names, so that a file which arrived all the same can be told from the one that follows.

use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::{Form, Visitor};

use super::{Chance, End, File, Site};

#[derive(Debug)]
pub(crate) struct FormClient {
    pub(crate) visitor: Visitor,
    pub(crate) files: Vec<File>,
    chance: Chance,
}

impl FormClient {
    pub(crate) fn new(site: &Site, chance: Chance) -> Self {
        Self { visitor: Visitor::at(&site.url), files: Vec::new(), chance }
    }

    /// The same choices as whoever began with the same chance.
    pub(crate) fn begin_again(&mut self, chance: Chance) {
        self.chance = chance;
    }

    pub(crate) async fn work(&mut self, site: &Site) {
        loop {
            let waiting = self.files.iter().enumerate().filter(|(_, file)| file.end.is_none());
            let most = usize::try_from(self.chance.within(1..4)).unwrap();
            let batch: Vec<usize> = waiting.map(|(number, _)| number).take(most).collect();
            if batch.is_empty() {
                return;
            }
            if !self.post(&batch, site).await {
                self.visitor = self.visitor.reconnected();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Posts some files in one form; false if not all of them are stored.
    pub(super) async fn post(&mut self, batch: &[usize], site: &Site) -> bool {
        let mut form = Form::new();
        for number in batch {
            let file = &mut self.files[*number];
            form = form.file("files", &file.name, file.contents.all());
        }
        let headers = [("content-type", &*Form::content_type())];
        let answer = self.visitor.try_send(Method::POST, "files", &headers, form.body()).await;
        let json = match answer {
            Some(answer) if answer.body.first() == Some(&b'{') => answer.json(),
            _ => serde_json::Value::Null,
        };
        if json["errors"].as_array().is_some_and(|errors| !errors.is_empty())
            && !site.in_trouble.get()
        {
            site.broken(format!("an honest form was told {json}"));
        }
        for stored in json["files"].as_array().into_iter().flatten() {
            let text = |field: &str| stored[field].as_str().unwrap_or_default();
            let file = self.files.iter_mut().find(|file| file.name == text("name")).unwrap();
            site.completed(file, text("id"), text("url"), text("sha256"));
        }
        let mut all = true;
        for number in batch {
            let file = &mut self.files[*number];
            file.sent = file.size();
            if !file.is_complete() {
                file.end = Some(End::Unknown);
                let again = file.again();
                self.files.push(again);
                site.count(|figures| figures.anew += 1);
                all = false;
            }
        }
        all
    }
}
