//! Tells Cargo that what the binary carries has changed, new files too.

fn main() {
    for folder in ["src/catalogue/migrations", "static", "templates"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
