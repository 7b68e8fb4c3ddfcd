//! The desk is made of documented public items: the library denies a missing document, and hides nothing.

use std::path::Path;

#[test]
fn nothing_of_the_library_is_public_and_hidden() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = std::fs::read_to_string(library.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nmissing_docs = \"deny\"\n"), "documents may be missing");
    let (mut folders, mut files) = (vec![library.join("src")], 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            files += 1;
            for escape in ["doc(hidden)", "allow(missing_docs)", "expect(missing_docs)"] {
                assert!(!text.contains(escape), "{} has {escape}", path.display());
            }
        }
    }
    assert!(files > 50, "these are not the sources");
}
