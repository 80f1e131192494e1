//! The migrations are compiled in; a changed one must be compiled anew.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
