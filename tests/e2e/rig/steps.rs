//! [`StepClient`]: sends files step by step, and asks where to go on after every request that was not answered.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::{Answer, Visitor};

use super::tongue::{Request, offset};
use super::{Chance, End, File, Site, Tongue};

#[derive(Debug)]
pub(crate) struct StepClient {
    pub(crate) tongue: Tongue,
    pub(crate) visitor: Visitor,
    pub(crate) files: Vec<File>,
    /// Where the server has said that a file lies.
    addresses: HashMap<String, String>,
    /// Files of which it isn't known how far they are.
    lost_sight_of: Vec<usize>,
    chance: Chance,
}

impl StepClient {
    pub(crate) fn new(tongue: Tongue, site: &Site, chance: Chance) -> Self {
        let (addresses, lost_sight_of) = (HashMap::new(), Vec::new());
        Self {
            tongue,
            visitor: Visitor::at(&site.url),
            files: Vec::new(),
            addresses,
            lost_sight_of,
            chance,
        }
    }

    /// The same choices as whoever began with the same chance.
    pub(crate) fn begin_again(&mut self, chance: Chance) {
        self.chance = chance;
    }

    pub(crate) async fn work(&mut self, site: &Site) {
        loop {
            let waiting: Vec<usize> =
                (0..self.files.len()).filter(|n| self.files[*n].end.is_none()).collect();
            if waiting.is_empty() {
                return;
            }
            let number = *self.chance.pick(&waiting);
            if !self.step(number, site).await {
                self.lost_sight_of = waiting;
                self.visitor = self.visitor.reconnected();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// One request for a file; false if it was not answered as it should be.
    async fn step(&mut self, number: usize, site: &Site) -> bool {
        if !self.addresses.contains_key(&self.files[number].name) {
            return self.create(number, site).await;
        }
        if let Some(at) = self.lost_sight_of.iter().position(|lost| *lost == number) {
            let known = self.ask(number, site).await;
            if known {
                self.lost_sight_of.remove(at);
            }
            return known;
        }
        if self.files[number].acked == self.files[number].size() {
            return self.look(number, site).await;
        }
        self.send(number, site).await
    }

    async fn request(&self, request: Request) -> Option<Answer> {
        let headers = request.headers();
        self.visitor
            .try_send(request.method.clone(), &request.path, &headers, request.body.clone())
            .await
    }

    async fn create(&mut self, number: usize, site: &Site) -> bool {
        let begins = self.tongue.begins_with_bytes() && self.chance.one_in(2);
        let first = begins.then(|| self.chance.within(0..300_000));
        let file = &mut self.files[number];
        file.offered = true;
        let first = first.map(|most| file.contents.piece(0, most));
        file.sent = first.as_ref().map_or(0, |body| body.len() as u64);
        let request = self.tongue.create(file, first);
        let answer = self.request(request).await;
        let Some(answer) = answer.filter(|answer| answer.status == 201) else {
            // It may have been registered, and an empty or a short one stored.
            self.give_up(number, site);
            return false;
        };
        let (address, id) = self.tongue.created(&answer);
        let file = &mut self.files[number];
        file.id = Some(id);
        self.addresses.insert(file.name.clone(), address);
        match (offset(&answer), file.sent) {
            (Some(offset), _) => told(file, offset, site),
            (None, 0) => told(file, 0, site),
            (None, sent) => site.broken(format!("created with {sent} bytes, and no word of them")),
        }
        true
    }

    async fn send(&mut self, number: usize, site: &Site) -> bool {
        let most = *self.chance.pick(&[1, 100, 8_192, 70_000, 1 << 20, 6 << 20]);
        let file = &mut self.files[number];
        let body = file.contents.piece(file.acked, most);
        let end = file.acked + body.len() as u64;
        file.sent = file.sent.max(end);
        let request = self.tongue.send(&self.addresses[&file.name], file, body);
        let Some(answer) = self.request(request).await else { return false };
        let file = &mut self.files[number];
        match self.tongue.reached(&answer, end) {
            Some(offset) => {
                if offset != end {
                    site.broken(format!("sent up to {end}, told {offset}: {file:?}"));
                }
                told(file, offset, site);
                true
            }
            None => {
                refused(&answer, file, site);
                false
            }
        }
    }

    /// Where does it go on?
    async fn ask(&mut self, number: usize, site: &Site) -> bool {
        let request = self.tongue.ask(&self.addresses[&self.files[number].name]);
        let Some(answer) = self.request(request).await else { return false };
        let file = &mut self.files[number];
        match offset(&answer) {
            Some(offset) if answer.status < 300 => {
                site.goes_on(file, offset);
                true
            }
            _ => {
                refused(&answer, file, site);
                if matches!(answer.status, 404 | 410) {
                    self.give_up(number, site);
                }
                false
            }
        }
    }

    /// All of it was acknowledged, so it is stored.
    async fn look(&mut self, number: usize, site: &Site) -> bool {
        let file = &mut self.files[number];
        let id = file.id.clone().unwrap();
        let path = format!("/api/files/{id}");
        let answer = self.visitor.try_send(Method::GET, &path, &[], Vec::new()).await;
        match answer {
            Some(answer) if answer.status == 200 => {
                let json = answer.json();
                let text = |field: &str| json[field].as_str().unwrap_or_default();
                site.completed(file, &id, text("url"), text("sha256"));
                true
            }
            // Its last bytes came, and the word that they were the last did not.
            Some(answer) if answer.status == 404 && !self.tongue.ends_by_itself() => {
                self.send(number, site).await
            }
            Some(answer) => {
                refused(&answer, file, site);
                if answer.status == 404 {
                    self.give_up(number, site);
                }
                false
            }
            None => false,
        }
    }

    fn give_up(&mut self, number: usize, site: &Site) {
        let file = &mut self.files[number];
        file.end = Some(End::Unknown);
        let again = file.again();
        self.files.push(again);
        site.count(|figures| figures.anew += 1);
    }
}

/// What a request was answered is durable, whatever happens next.
fn told(file: &mut File, offset: u64, site: &Site) {
    if offset < file.told || offset > file.sent {
        site.broken(format!("told {offset}: {file:?}"));
    }
    (file.acked, file.told) = (offset, offset);
}

fn refused(answer: &Answer, file: &File, site: &Site) {
    if !site.in_trouble.get() && answer.status != 503 {
        site.broken(format!("an honest client was told {}: {file:?}", answer.status));
    }
}
