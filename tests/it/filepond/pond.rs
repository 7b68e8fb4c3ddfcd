//! FilePond's half of the conversation, request by request (`src/js/app/utils` of FilePond 4.32).

use actix_web::http::Method;

use crate::support::{Answer, Form, Upload, Visitor};

/// A FilePond on a page, for one of its slots.
pub(crate) struct Pond<'a> {
    visitor: &'a Visitor,
    path: String,
}

impl<'a> Pond<'a> {
    pub(crate) fn new(visitor: &'a Visitor, page: &str, slot: &str) -> Self {
        let slot = slot.replace('/', "%2F");
        Self { visitor, path: format!("/filepond/{page}/{slot}") }
    }

    /// `process` of a file that isn't cut into chunks.
    pub(crate) async fn process(&self, file: &Upload) -> Answer {
        self.post(Form::new().text("filepond", "{}").upload("filepond", file), &[]).await
    }

    /// Stores a file, and answers its id.
    pub(crate) async fn store(&self, file: &Upload) -> String {
        let answer = self.process(file).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.text()
    }

    /// Asks for a place for chunks.
    pub(crate) async fn ask(&self, length: Option<usize>) -> Answer {
        let length = length.map(|length| length.to_string());
        let headers: Vec<_> = length.iter().map(|length| ("upload-length", &**length)).collect();
        self.post(Form::new().text("filepond", "{}"), &headers).await
    }

    /// A place for chunks of a file of this length.
    pub(crate) async fn place(&self, length: usize) -> String {
        let answer = self.ask(Some(length)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.text()
    }

    pub(crate) async fn post(&self, form: Form, headers: &[(&str, &str)]) -> Answer {
        let kind = Form::content_type();
        let headers = [&[("content-type", &*kind)], headers].concat();
        self.visitor.send(Method::POST, &self.path, &headers, form.body()).await
    }

    /// A chunk of a file that begins at `offset`.
    pub(crate) async fn chunk(&self, id: &str, file: &Upload, offset: usize, end: usize) -> Answer {
        let bytes = file.contents()[offset..end].to_vec();
        self.patch(id, offset, file.contents().len(), file.name(), bytes).await
    }

    pub(crate) async fn patch(
        &self,
        id: &str,
        offset: usize,
        length: usize,
        name: &str,
        bytes: Vec<u8>,
    ) -> Answer {
        let (offset, length) = (offset.to_string(), length.to_string());
        let headers = [
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", &*offset),
            ("upload-length", &*length),
            ("upload-name", name),
        ];
        self.patch_saying(id, &headers, bytes).await
    }

    pub(crate) async fn patch_saying(
        &self,
        id: &str,
        headers: &[(&str, &str)],
        bytes: Vec<u8>,
    ) -> Answer {
        self.visitor.send(Method::PATCH, &self.at("patch", id), headers, bytes).await
    }

    /// Where FilePond goes on after a break.
    pub(crate) async fn offset(&self, id: &str) -> u64 {
        let answer = self.visitor.head(&self.at("patch", id)).await;
        assert!((200..300).contains(&answer.status), "{}", answer.status);
        answer.header("upload-offset").expect("an offset").parse().unwrap()
    }

    /// `processFileChunked`: each chunk from `floor(size / chunk)`, also an empty last one.
    pub(crate) async fn process_chunked(
        &self,
        file: &Upload,
        chunk: usize,
    ) -> Result<String, Answer> {
        let length = file.contents().len();
        let id = self.ask(Some(length)).await;
        if id.status != 201 {
            return Err(id);
        }
        let id = id.text();
        for index in 0..=length / chunk {
            let end = length.min((index + 1) * chunk);
            let answer = self.chunk(&id, file, index * chunk, end).await;
            if !(200..300).contains(&answer.status) {
                return Err(answer);
            }
        }
        Ok(id)
    }

    pub(crate) async fn revert(&self, id: &str) -> Answer {
        self.visitor.send(Method::DELETE, &self.path, &[], id.as_bytes().to_vec()).await
    }

    pub(crate) async fn load(&self, id: &str) -> Answer {
        self.visitor.get(&self.at("load", id)).await
    }

    pub(crate) fn at(&self, what: &str, id: &str) -> String {
        format!("{}?{what}={}", self.path, id.replace(',', "%2C"))
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}
