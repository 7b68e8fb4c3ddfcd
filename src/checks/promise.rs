//! What a name's extension, or a claimed media type, promises of the bytes.
//!
//! A promise names the formats that keep it. Some are wider than they look: office documents are ZIP
//! archives, encrypted ones OLE storages; phones call HEIC what is AVIF inside; Windows writes text
//! in old encodings. Too narrow a promise refuses honest files, which is why each width is written
//! down here.
//!
//! INVARIANT: an extension or type that isn't in the table promises nothing.

use crate::checks::sniff::Found;

/// What keeps a promise.
#[derive(Debug)]
pub(super) struct Promise {
    extensions: &'static [&'static str],
    /// Media types under which clients claim this. The first is the one that it is stored under.
    types: &'static [&'static str],
    kept_by: Keeper,
    noun: &'static str,
}

#[derive(Debug)]
enum Keeper {
    /// One of these formats.
    Formats(&'static [&'static str]),
    /// Anything in a ZIP archive.
    Zip,
    /// Office documents: ZIP, or OLE when they are encrypted.
    Office,
    /// Old office documents, and RTF, which Word writes under `.doc`.
    OldOffice,
    /// Anything that can be read, markup included.
    Text,
}

impl Promise {
    /// The promise of an extension (lower case, without its dot).
    pub(super) fn of_extension(extension: &str) -> Option<&'static Self> {
        PROMISES.iter().find(|promise| promise.extensions.contains(&extension))
    }

    /// The promise of a claimed media type (lower case, without parameters).
    pub(super) fn of_type(media_type: &str) -> Option<&'static Self> {
        PROMISES.iter().find(|promise| promise.types.contains(&media_type))
    }

    /// Whether the bytes keep it. An empty file keeps only the promise to be text.
    pub(super) fn is_kept_by(&self, found: Found) -> bool {
        let known = match found {
            Found::Nothing | Found::Text | Found::MaybeText => {
                return matches!(self.kept_by, Keeper::Text);
            }
            Found::Unknown | Found::Program(_) => return false,
            Found::Known(media_type) | Found::Active(media_type) => media_type,
        };
        match self.kept_by {
            Keeper::Formats(formats) => formats.contains(&known),
            Keeper::Zip => is_zip(known),
            Keeper::Office => is_zip(known) || is_ole(known),
            Keeper::OldOffice => is_ole(known) || known == "application/rtf",
            Keeper::Text => is_markup(known) || known == "application/internet-shortcut",
        }
    }

    /// The media type of bytes that keep it: containers don't tell what is inside, the name does.
    pub(super) fn media_type_of(&self, found: Found) -> Option<&'static str> {
        match self.kept_by {
            Keeper::Zip | Keeper::Office | Keeper::OldOffice => match found.media_type() {
                // The bytes say what they are themselves, and that is more precise than a container.
                Some("application/rtf") => Some("application/rtf"),
                _ => self.types.first().copied(),
            },
            Keeper::Text if matches!(found, Found::Nothing | Found::MaybeText) => {
                Some("text/plain")
            }
            Keeper::Formats(_) | Keeper::Text => found.media_type(),
        }
    }

    /// With its article, for sentences.
    pub(super) fn noun(&self) -> &'static str {
        self.noun
    }
}

pub(super) fn is_zip(media_type: &str) -> bool {
    media_type == "application/zip"
        || media_type == "application/epub+zip"
        || media_type == "image/openraster"
        || media_type.starts_with("application/vnd.openxmlformats-officedocument.")
        || media_type.starts_with("application/vnd.oasis.opendocument.")
}

pub(super) fn is_ole(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/x-ole-storage"
            | "application/msword"
            | "application/vnd.ms-excel"
            | "application/vnd.ms-powerpoint"
    )
}

fn is_markup(media_type: &str) -> bool {
    ["text/html", "application/xhtml+xml", "image/svg+xml", "text/xml"].contains(&media_type)
}

/// Films in ISO boxes; their makers don't agree on which is called what.
const ISO_FILMS: Keeper = Keeper::Formats(&["video/mp4", "video/quicktime", "audio/mp4"]);

const fn format(
    extensions: &'static [&'static str],
    types: &'static [&'static str],
    kept_by: Keeper,
    noun: &'static str,
) -> Promise {
    Promise { extensions, types, kept_by, noun }
}

#[rustfmt::skip]
static PROMISES: &[Promise] = &[
    // Images
    format(&["jpg", "jpeg", "jpe", "jfif"], &["image/jpeg", "image/jpg", "image/pjpeg"], Keeper::Formats(&["image/jpeg"]), "a JPG image"),
    format(&["png", "apng"], &["image/png", "image/apng", "image/x-png"], Keeper::Formats(&["image/png"]), "a PNG image"),
    format(&["gif"], &["image/gif"], Keeper::Formats(&["image/gif"]), "a GIF image"),
    format(&["webp"], &["image/webp"], Keeper::Formats(&["image/webp"]), "a WebP image"),
    format(&["avif"], &["image/avif"], Keeper::Formats(&["image/avif", "image/heif"]), "an AVIF image"),
    format(&["heic", "heif", "hif"], &["image/heic", "image/heif"], Keeper::Formats(&["image/heif", "image/avif"]), "an HEIC image"),
    format(&["bmp", "dib"], &["image/bmp", "image/x-ms-bmp"], Keeper::Formats(&["image/bmp"]), "a BMP image"),
    format(&["tif", "tiff"], &["image/tiff"], Keeper::Formats(&["image/tiff", "image/x-canon-cr2"]), "a TIFF image"),
    format(&["ico"], &["image/vnd.microsoft.icon", "image/x-icon"], Keeper::Formats(&["image/vnd.microsoft.icon", "image/png", "image/bmp"]), "an icon"),
    format(&["psd"], &["image/vnd.adobe.photoshop"], Keeper::Formats(&["image/vnd.adobe.photoshop"]), "a Photoshop document"),
    format(&["svgz"], &["image/svg+xml-compressed"], Keeper::Formats(&["application/gzip"]), "an SVG image"),
    format(&["svg"], &["image/svg+xml"], Keeper::Formats(&["image/svg+xml", "text/xml"]), "an SVG image"),
    // Documents
    format(&["pdf"], &["application/pdf", "application/x-pdf"], Keeper::Formats(&["application/pdf"]), "a PDF document"),
    format(&["rtf"], &["application/rtf", "text/rtf"], Keeper::Formats(&["application/rtf"]), "an RTF document"),
    format(&["docx", "dotx"], &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"], Keeper::Office, "a Word document"),
    format(&["docm", "dotm"], &["application/vnd.ms-word.document.macroenabled.12"], Keeper::Office, "a Word document"),
    format(&["xlsx", "xltx"], &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"], Keeper::Office, "an Excel document"),
    format(&["xlsm", "xltm", "xlsb"], &["application/vnd.ms-excel.sheet.macroenabled.12"], Keeper::Office, "an Excel document"),
    format(&["pptx", "potx", "ppsx"], &["application/vnd.openxmlformats-officedocument.presentationml.presentation"], Keeper::Office, "a PowerPoint document"),
    format(&["pptm", "potm", "ppsm"], &["application/vnd.ms-powerpoint.presentation.macroenabled.12"], Keeper::Office, "a PowerPoint document"),
    format(&["odt", "ott"], &["application/vnd.oasis.opendocument.text"], Keeper::Zip, "an OpenDocument text"),
    format(&["ods", "ots"], &["application/vnd.oasis.opendocument.spreadsheet"], Keeper::Zip, "an OpenDocument spreadsheet"),
    format(&["odp", "otp"], &["application/vnd.oasis.opendocument.presentation"], Keeper::Zip, "an OpenDocument presentation"),
    format(&["odg", "otg"], &["application/vnd.oasis.opendocument.graphics"], Keeper::Zip, "an OpenDocument drawing"),
    format(&["epub"], &["application/epub+zip"], Keeper::Zip, "an EPUB book"),
    format(&["doc", "dot"], &["application/msword"], Keeper::OldOffice, "a Word document"),
    format(&["xls", "xlt"], &["application/vnd.ms-excel"], Keeper::OldOffice, "an Excel document"),
    format(&["ppt", "pps", "pot"], &["application/vnd.ms-powerpoint"], Keeper::OldOffice, "a PowerPoint document"),
    format(&["msg"], &["application/vnd.ms-outlook"], Keeper::OldOffice, "an Outlook message"),
    // Archives. Tar files of before 1988 have no magic; an empty one is zeros.
    format(&["tar"], &["application/x-tar"], Keeper::Formats(&["application/x-tar"]), "a tar archive"),
    format(&["zst", "tzst"], &["application/zstd"], Keeper::Formats(&["application/zstd"]), "a Zstandard archive"),
    format(&["lz4"], &["application/x-lz4"], Keeper::Formats(&["application/x-lz4"]), "an LZ4 archive"),
    format(&["zip"], &["application/zip", "application/x-zip-compressed", "application/x-zip"], Keeper::Zip, "a ZIP archive"),
    format(&["jar"], &["application/java-archive"], Keeper::Zip, "a JAR archive"),
    format(&["apk"], &["application/vnd.android.package-archive"], Keeper::Zip, "an Android package"),
    format(&["gz", "tgz"], &["application/gzip", "application/x-gzip"], Keeper::Formats(&["application/gzip"]), "a gzip archive"),
    format(&["bz2", "tbz2"], &["application/x-bzip2"], Keeper::Formats(&["application/x-bzip2"]), "a bzip2 archive"),
    format(&["xz", "txz"], &["application/x-xz"], Keeper::Formats(&["application/x-xz"]), "an xz archive"),
    format(&["7z"], &["application/x-7z-compressed"], Keeper::Formats(&["application/x-7z-compressed"]), "a 7z archive"),
    format(&["rar"], &["application/vnd.rar", "application/x-rar-compressed"], Keeper::Formats(&["application/vnd.rar"]), "a RAR archive"),
    // Sound and film. A FLAC file may begin with the tags of an MP3.
    format(&["mp3"], &["audio/mpeg", "audio/mp3"], Keeper::Formats(&["audio/mpeg"]), "an MP3 recording"),
    format(&["wav"], &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"], Keeper::Formats(&["audio/wav"]), "a WAV recording"),
    format(&["ogg", "oga", "ogv", "opus"], &["audio/ogg", "video/ogg", "audio/opus", "application/ogg"], Keeper::Formats(&["audio/ogg"]), "an Ogg recording"),
    format(&["flac"], &["audio/flac", "audio/x-flac"], Keeper::Formats(&["audio/flac", "audio/mpeg"]), "a FLAC recording"),
    format(&["m4a", "m4b"], &["audio/mp4", "audio/m4a", "audio/x-m4a"], ISO_FILMS, "an M4A recording"),
    format(&["mp4", "m4v"], &["video/mp4", "video/x-m4v"], ISO_FILMS, "an MP4 video"),
    format(&["mov", "qt"], &["video/quicktime"], ISO_FILMS, "a QuickTime video"),
    format(&["webm"], &["video/webm", "audio/webm"], Keeper::Formats(&["video/webm", "video/x-matroska"]), "a WebM video"),
    format(&["mkv", "mka"], &["video/x-matroska", "audio/x-matroska", "video/matroska"], Keeper::Formats(&["video/x-matroska", "video/webm"]), "a Matroska video"),
    format(&["avi"], &["video/x-msvideo", "video/avi"], Keeper::Formats(&["video/x-msvideo"]), "an AVI video"),
    format(&["aac"], &["audio/aac", "audio/x-aac"], Keeper::Formats(&["audio/aac", "audio/mpeg"]), "an AAC recording"),
    // Text
    format(&["xml", "xsd", "rss", "atom", "gpx", "kml"], &["text/xml", "application/xml", "application/rss+xml", "application/atom+xml", "application/gpx+xml", "application/vnd.google-earth.kml+xml"], Keeper::Text, "an XML file"),
    format(&["html", "htm", "xhtml", "xht"], &["text/html", "application/xhtml+xml"], Keeper::Text, "a web page"),
    format(&["js", "mjs", "cjs", "css"], &["text/javascript", "application/javascript", "text/css"], Keeper::Text, "a text file"),
    format(&["sh", "bash", "py", "pl", "rb", "php", "bat", "cmd", "ps1", "sql", "ini", "conf"], &["application/x-sh", "application/sql"], Keeper::Text, "a text file"),
    format(&["ics", "vcf", "eml"], &["text/calendar", "text/vcard", "message/rfc822"], Keeper::Text, "a text file"),
    format(&["txt", "text"], &["text/plain"], Keeper::Text, "a text file"),
    format(&["csv", "tsv"], &["text/csv", "text/tab-separated-values"], Keeper::Text, "a table in text form"),
    format(&["md", "markdown"], &["text/markdown", "text/x-markdown"], Keeper::Text, "a Markdown text"),
    format(&["json", "jsonl", "ndjson"], &["application/json", "text/json", "application/x-ndjson"], Keeper::Text, "a JSON file"),
    format(&["yaml", "yml", "toml"], &["application/yaml", "text/yaml", "application/toml"], Keeper::Text, "a text file"),
    format(&["srt", "vtt"], &["text/vtt", "application/x-subrip"], Keeper::Text, "a file of subtitles"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::MediaType;

    #[test]
    fn no_extension_and_no_type_promises_two_things() {
        let mut seen = BTreeSet::new();
        for promise in PROMISES {
            for word in promise.extensions.iter().chain(promise.types) {
                assert!(seen.insert(word), "{word}");
            }
        }
    }

    #[test]
    fn every_type_is_written_as_media_types_are() {
        for media_type in PROMISES.iter().flat_map(|promise| promise.types) {
            assert_eq!(MediaType::parse(media_type).unwrap().as_str(), *media_type);
        }
    }

    #[test]
    fn what_is_not_in_the_table_promises_nothing() {
        for extension in ["dat", "bin", "exe", "ts", "log", "JPG", ""] {
            assert!(Promise::of_extension(extension).is_none(), "{extension}");
        }
    }
}
