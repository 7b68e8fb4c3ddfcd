//! [`ZipLimits`]: what a ZIP archive would become if somebody unpacked it.
//!
//! We never unpack one. Whoever takes files from here may, and then forty kilobytes become a petabyte. A slot that passes
//! archives on asks for this check; it believes the table of contents, as whoever unpacks does, and refuses what that
//! says of too much, and a table whose files lie upon each other, which is how the flattest bombs are made.

use async_trait::async_trait;

use super::container::zip::{self, Packed};
use super::promise::is_zip;
use super::sniff::{Found, sniff};
use super::{Check, Content, Stage, Subject, Verdict};
use crate::domain::{Code, HumanSize, Rejection};

/// A header of a file in an archive, without its name.
const HEADER: u64 = 30;
const HEAD: usize = 8_192;

/// Refuses ZIP archives, and documents that are such, that would become too much (`not_accepted`): 10,000 files, 1 GB in
/// all, or a hundred times as many bytes, unless said. It doesn't look into archives within archives, nor into other kinds.
///
/// It is off unless a slot or the application asks for it, because an honest archive of logs is packed as tightly. One whose
/// bytes can't be read back is refused with `check_failed`.
#[derive(Clone, Copy, Debug)]
pub struct ZipLimits {
    files: u64,
    bytes: u64,
    ratio: u64,
}

impl Default for ZipLimits {
    fn default() -> Self {
        Self { files: 10_000, bytes: 1_000_000_000, ratio: 100 }
    }
}

impl ZipLimits {
    /// The usual limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many files may be in it.
    #[must_use]
    pub fn max_files(mut self, files: u64) -> Self {
        self.files = files;
        self
    }

    /// How many bytes they may be, unpacked.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// How many times as large as the archive they may be. What comes to less than 10 MB is never too much.
    #[must_use]
    pub fn max_ratio(mut self, ratio: u64) -> Self {
        self.ratio = ratio;
        self
    }

    fn judge(&self, size: u64, mut files: Vec<Packed>) -> Result<(), Rejection> {
        if files.len() as u64 > self.files {
            return Err(Rejection::because("There are too many files in this archive."));
        }
        let unpacked = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.unpacked));
        if unpacked > self.bytes {
            let (is, most) = (HumanSize(unpacked), HumanSize(self.bytes));
            let words = format!("This archive unpacks to {is}, over the limit of {most}.");
            return Err(Rejection::because(words));
        }
        if unpacked > 10_000_000 && unpacked / self.ratio.max(1) > size {
            let is = HumanSize(unpacked);
            return Err(Rejection::because(format!(
                "This archive unpacks to {is}, which is too much."
            )));
        }
        files.sort_by_key(|file| file.begins);
        let ends = |file: &Packed| {
            let header = HEADER + file.name.len() as u64;
            file.begins.saturating_add(header).saturating_add(file.packed)
        };
        let on_each_other = files.windows(2).any(|pair| ends(&pair[0]) > pair[1].begins);
        if on_each_other || files.last().is_some_and(|last| ends(last) > size) {
            return Err(Rejection::because("This archive is damaged, or made to do damage."));
        }
        Ok(())
    }

    async fn look(
        &self,
        content: &dyn Content,
        size: u64,
    ) -> std::io::Result<Result<(), Rejection>> {
        let head = content.read_at(0, HEAD).await?;
        if !matches!(sniff(&head), Found::Known(media_type) if is_zip(media_type)) {
            return Ok(Ok(()));
        }
        Ok(match zip::directory(content, size).await? {
            zip::Read::Directory(files) => self.judge(size, files),
            zip::Read::TooLarge => {
                Err(Rejection::because("There are too many files in this archive."))
            }
            zip::Read::Damaged => {
                Err(Rejection::because("This archive is damaged, or made to do damage."))
            }
        })
    }
}

#[async_trait]
impl Check for ZipLimits {
    fn name(&self) -> &'static str {
        "zip_limits"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        let Some(content) = subject.content else {
            return Verdict::Refuse(Rejection::new(Code::CheckFailed));
        };
        match self.look(content, subject.entry.offset).await {
            Ok(Ok(())) => Verdict::Accept,
            Ok(Err(rejection)) => Verdict::Refuse(rejection),
            Err(error) => {
                let id = subject.entry.id;
                tracing::error!(entry.id = %id, error = %error, "entry {id} can't be read back");
                Verdict::Refuse(Rejection::new(Code::CheckFailed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::trial::{Whole, entry, refused, verdict_on};
    use crate::domain::{Declaration, Slot};
    use crate::testing::samples::{office, png, text, zip as archive};

    async fn verdict(limits: ZipLimits, bytes: Vec<u8>) -> Verdict {
        let slot = Slot::declare("files", Declaration::new()).unwrap();
        let mut entry = entry("a.zip", "");
        entry.offset = bytes.len() as u64;
        let content = Whole(bytes.into());
        let content: Option<&dyn Content> = Some(&content);
        limits.check(Subject { entry: &entry, slot: &slot, head: &[], whole: false, content }).await
    }

    #[tokio::test]
    async fn honest_archives_and_everything_else_pass() {
        let plain = archive(&[("a.txt", b"hello"), ("b.txt", &text(200_000))]);
        let moved = [b"PK\x03\x04 not the first file".to_vec(), plain.clone()].concat();
        for bytes in
            [plain, moved, office("word/document.xml"), png(), b"hello".to_vec(), Vec::new()]
        {
            assert_eq!(verdict(ZipLimits::new(), bytes).await, Verdict::Accept);
        }
    }

    #[tokio::test]
    async fn what_would_become_too_much_is_refused() {
        let zeros = vec![0; 20_000_000];
        let bomb = archive(&[("0", b""), ("zeros", &zeros)]);
        let (code, sentence) = refused(verdict(ZipLimits::new(), bomb.clone()).await);
        assert_eq!(
            (code, &*sentence),
            (Code::NotAccepted, "This archive unpacks to 20 MB, which is too much.")
        );
        let loose = ZipLimits::new().max_ratio(100_000);
        assert_eq!(verdict(loose, bomb.clone()).await, Verdict::Accept);
        let sentence = refused(verdict(loose.max_bytes(19_000_000), bomb.clone()).await).1;
        assert_eq!(sentence, "This archive unpacks to 20 MB, over the limit of 19 MB.");
        assert_eq!(refused(verdict(loose.max_files(1), bomb).await).0, Code::NotAccepted);
    }

    #[tokio::test]
    async fn a_table_whose_files_lie_upon_each_other_or_nowhere_is_refused() {
        let honest = archive(&[("a.txt", &text(3_000)), ("b.txt", &text(3_000))]);
        let at = honest.windows(4).rposition(|part| part == b"PK\x01\x02").unwrap();
        for begins in [0_u32, 40, 1 << 30] {
            let mut lying = honest.clone();
            lying[at + 42..at + 46].copy_from_slice(&begins.to_le_bytes());
            assert_eq!(refused(verdict(ZipLimits::new(), lying).await).0, Code::NotAccepted);
        }
        let cut = honest[..at].to_vec();
        assert_eq!(refused(verdict(ZipLimits::new(), cut).await).0, Code::NotAccepted);
        let unreadable = verdict_on(&ZipLimits::new(), "a.zip", Declaration::new(), None).await;
        assert_eq!(refused(unreadable).0, Code::CheckFailed);
    }
}
