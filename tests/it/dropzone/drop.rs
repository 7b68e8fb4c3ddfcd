//! Dropzone's half of the conversation (`_uploadData` of Dropzone 6, and `params` of its options).

use actix_web::http::Method;
use serde_json::Value;

use crate::support::{Answer, Form, Upload, Visitor};

/// A Dropzone on a page, with one file in it.
pub(crate) struct Drop<'a> {
    visitor: &'a Visitor,
    page: &'a str,
    uuid: &'a str,
    field: &'a str,
    total: Option<usize>,
}

impl<'a> Drop<'a> {
    pub(crate) fn new(visitor: &'a Visitor, page: &'a str, uuid: &'a str) -> Self {
        Self { visitor, page, uuid, field: "file", total: None }
    }

    /// With another `paramName`.
    pub(crate) fn named(self, field: &'a str) -> Self {
        Self { field, ..self }
    }

    /// The file had so many bytes before the browser changed it.
    pub(crate) fn of_a_file_of(self, total: usize) -> Self {
        Self { total: Some(total), ..self }
    }

    /// Files without chunks; several with `uploadMultiple`.
    pub(crate) async fn whole(&self, field: &str, files: &[&Upload]) -> Answer {
        let name =
            |n: usize| if files.len() > 1 { format!("{field}[{n}]") } else { field.to_owned() };
        let form = files.iter().enumerate();
        self.post(form.fold(Form::new(), |form, (n, file)| form.upload(&name(n), file))).await
    }

    pub(crate) async fn chunk(&self, file: &Upload, index: usize, size: usize) -> Answer {
        self.post(Self::form(self.field, file, index, size, self.uuid, self.total)).await
    }

    /// All chunks, one after the other; the last answer.
    pub(crate) async fn all(&self, file: &Upload, size: usize) -> Result<Value, Answer> {
        let mut last = Value::Null;
        for index in 0..file.contents().len().div_ceil(size) {
            let answer = self.chunk(file, index, size).await;
            if answer.status != 200 {
                return Err(answer);
            }
            last = answer.json();
        }
        Ok(last)
    }

    pub(crate) fn form(
        field: &str,
        file: &Upload,
        index: usize,
        size: usize,
        uuid: &str,
        total: Option<usize>,
    ) -> Form {
        let length = file.contents().len();
        let end = length.min((index + 1) * size);
        let number = |number: usize| number.to_string();
        Form::new()
            .text("dzuuid", uuid)
            .text("dzchunkindex", &number(index))
            .text("dztotalfilesize", &number(total.unwrap_or(length)))
            .text("dzchunksize", &number(size))
            .text("dztotalchunkcount", &number(length.div_ceil(size)))
            .text("dzchunkbyteoffset", &number(index * size))
            .file(field, file.name(), &file.contents()[index * size..end])
    }

    pub(crate) async fn post(&self, form: Form) -> Answer {
        let kind = Form::content_type();
        let headers = [
            ("accept", "application/json"),
            ("cache-control", "no-cache"),
            ("x-requested-with", "XMLHttpRequest"),
            ("content-type", &kind),
        ];
        self.visitor.send(Method::POST, &format!("/{}", self.page), &headers, form.body()).await
    }
}
