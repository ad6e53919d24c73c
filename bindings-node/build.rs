//! Link arguments of a Node addon; among them the one that keeps it loaded while its threads run.

fn main() {
    napi_build::setup();
}
