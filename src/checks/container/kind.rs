//! What a container is, by its name and by what it holds.
//!
//! A kind that holds less than it could is given the benefit of the doubt: documents come from many programs, and not
//! every one names its parts as Microsoft does.

use super::zip::Packed;

/// What a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Excel,
    PowerPoint,
    /// A package of Office's whose parts are nowhere where they usually are.
    Office,
    OldWord,
    OldExcel,
    OldPowerPoint,
    /// A newer document behind a password.
    Encrypted,
    /// A storage of something else: a message, an installer.
    Storage,
    Rtf,
    Text,
    Spreadsheet,
    Presentation,
    Drawing,
    /// An OpenDocument file that doesn't say of what kind.
    Open,
    Epub,
    Jar,
    Apk,
    Archive,
    DamagedArchive,
}

impl Kind {
    /// What a name's extension says, if it is one of these.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "docx" | "docm" | "dotx" | "dotm" => Self::Word,
            "xlsx" | "xlsm" | "xltx" | "xltm" | "xlsb" => Self::Excel,
            "pptx" | "pptm" | "potx" | "potm" | "ppsx" | "ppsm" => Self::PowerPoint,
            "doc" | "dot" => Self::OldWord,
            "xls" | "xlt" => Self::OldExcel,
            "ppt" | "pps" | "pot" => Self::OldPowerPoint,
            "odt" | "ott" => Self::Text,
            "ods" | "ots" => Self::Spreadsheet,
            "odp" | "otp" => Self::Presentation,
            "odg" | "otg" => Self::Drawing,
            "epub" => Self::Epub,
            "jar" => Self::Jar,
            "apk" => Self::Apk,
            _ => return None,
        })
    }

    /// What a ZIP archive is, by the beginning of the file and the names in it.
    pub(super) fn of_archive(head: &[u8], files: &[Packed]) -> Self {
        if let Some(kind) = self::declared(head) {
            return kind;
        }
        let is_there = |name: &str| files.iter().any(|file| file.name.eq_ignore_ascii_case(name));
        let below = |folder: &str| files.iter().any(|file| file.name.starts_with(folder));
        if is_there("[Content_Types].xml") {
            return match (below("word/"), below("xl/"), below("ppt/")) {
                (true, false, false) => Self::Word,
                (false, true, false) => Self::Excel,
                (false, false, true) => Self::PowerPoint,
                _ => Self::Office,
            };
        }
        if is_there("AndroidManifest.xml") {
            Self::Apk
        } else if is_there("META-INF/container.xml") {
            Self::Epub
        } else if is_there("META-INF/manifest.xml") && is_there("content.xml") {
            Self::Open
        } else if is_there("META-INF/MANIFEST.MF")
            || files.iter().any(|f| f.name.ends_with(".class"))
        {
            Self::Jar
        } else {
            Self::Archive
        }
    }

    /// What a compound storage is, by the names in it.
    pub(super) fn of_storage(names: Vec<String>) -> Self {
        let has = |name: &str| names.iter().any(|found| found.eq_ignore_ascii_case(name));
        if has("EncryptedPackage") {
            Self::Encrypted
        } else if has("WordDocument") {
            Self::OldWord
        } else if has("Workbook") || has("Book") {
            Self::OldExcel
        } else if has("PowerPoint Document") || has("PP40") || has("PP97_DUALSTORAGE") {
            Self::OldPowerPoint
        } else {
            Self::Storage
        }
    }

    /// Whether a file that holds this may be called that.
    pub(super) fn can_be(self, wanted: Self) -> bool {
        use Kind::{
            Apk, Drawing, Encrypted, Excel, Jar, Office, OldExcel, OldPowerPoint, OldWord, Open,
            PowerPoint, Presentation, Rtf, Spreadsheet, Text, Word,
        };
        match (self, wanted) {
            (found, wanted) if found == wanted => true,
            (Office | Encrypted, Word | Excel | PowerPoint) => true,
            (Open, Text | Spreadsheet | Presentation | Drawing) => true,
            (Encrypted, OldWord | OldExcel | OldPowerPoint) => true,
            // Word saves RTF as `.doc`.
            (Rtf, OldWord) => true,
            // An app is a kind of Java archive.
            (Apk, Jar) => true,
            _ => false,
        }
    }

    /// With its article, for sentences.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Word => "a Word document",
            Self::Excel => "an Excel document",
            Self::PowerPoint => "a PowerPoint document",
            Self::OldWord => "an older Word document",
            Self::OldExcel => "an older Excel document",
            Self::OldPowerPoint => "an older PowerPoint document",
            Self::Office => "an office document of another kind",
            Self::Encrypted => "an encrypted document",
            Self::Storage => "an older office document or installer",
            Self::Rtf => "an RTF document",
            Self::Text => "an OpenDocument text",
            Self::Spreadsheet => "an OpenDocument spreadsheet",
            Self::Presentation => "an OpenDocument presentation",
            Self::Drawing => "an OpenDocument drawing",
            Self::Open => "an OpenDocument file",
            Self::Epub => "an EPUB book",
            Self::Jar => "a JAR archive",
            Self::Apk => "an Android package",
            Self::Archive => "a ZIP archive",
            Self::DamagedArchive => "a damaged ZIP archive",
        }
    }
}

/// What the first file of an archive says, where it is called `mimetype` and not packed (OpenDocument 1.3 part 2,
/// section 3.3, and EPUB 3.3, section 4.3).
fn declared(head: &[u8]) -> Option<Kind> {
    if head.get(..4)? != b"PK\x03\x04"
        || head.get(8..10)? != b"\0\0"
        || head.get(30..38)? != b"mimetype"
    {
        return None;
    }
    let extra = usize::from(u16::from_le_bytes([*head.get(28)?, *head.get(29)?]));
    let words = head.get(38 + extra..)?;
    let open = b"application/vnd.oasis.opendocument.";
    if let Some(kind) = words.strip_prefix(open) {
        let kinds: [(&[u8], Kind); 4] = [
            (b"text", Kind::Text),
            (b"spreadsheet", Kind::Spreadsheet),
            (b"presentation", Kind::Presentation),
            (b"graphics", Kind::Drawing),
        ];
        let known = kinds.iter().find(|(word, _)| kind.starts_with(word));
        return Some(known.map_or(Kind::Open, |(_, kind)| *kind));
    }
    words.starts_with(b"application/epub+zip").then_some(Kind::Epub)
}
